"""Some rows of a design, coded as they were: what is fitted to them has the same columns, and the same names."""

from dataclasses import replace

import numpy as np

from service.arrays import Codes
from service.design.design import Design, Grouping, RandomEffect
from service.design.levels import renumber
from service.design.model_matrix import ModelMatrix, Numbers, Part


def take_rows(design: Design, rows: Codes) -> Design:
    """These rows of a design that is held, with all its groups, whether or not they have rows."""
    parts: dict[int, Part] = {}
    groupings: dict[int, Grouping] = {}

    def part_of(part: Part) -> Part:
        if id(part) not in parts:
            if isinstance(part, Numbers):
                parts[id(part)] = replace(part, values=part.values[rows])
            else:
                parts[id(part)] = replace(part, codes=part.codes[rows])
        return parts[id(part)]

    def matrix_of(matrix: ModelMatrix) -> ModelMatrix:
        products = tuple(tuple(map(part_of, product)) for product in matrix.products)
        return replace(matrix, products=products, n_rows=rows.size)

    def effect_of(effect: RandomEffect) -> RandomEffect:
        # Terms of one factor are known by sharing its grouping.
        own = effect.grouping
        grouping = groupings.setdefault(id(own), replace(own, codes=own.codes[rows]))
        return replace(effect, grouping=grouping, Z=matrix_of(effect.Z))

    return replace(
        design,
        X=matrix_of(design.X),
        y=design.y[rows],
        weights=None if design.weights is None else design.weights[rows],
        offset=None if design.offset is None else design.offset[rows],
        random=tuple(map(effect_of, design.random)),
        rows=rows if design.rows is None else design.rows[rows],
    )


def without_empty_groups(design: Design) -> Design:
    """The design with the groups alone that have rows."""
    groupings: dict[int, Grouping] = {}

    def occupied(grouping: Grouping) -> Grouping:
        if id(grouping) not in groupings:
            occurring, codes = renumber(grouping.codes, len(grouping.levels))
            levels = tuple(grouping.levels[code] for code in occurring.tolist())
            groupings[id(grouping)] = Grouping(grouping.name, np.asarray(codes, dtype=np.intp), levels)
        return groupings[id(grouping)]

    return replace(
        design, random=tuple(replace(effect, grouping=occupied(effect.grouping)) for effect in design.random)
    )
