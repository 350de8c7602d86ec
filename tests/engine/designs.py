"""Designs made of arrays, without a formula or a table."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from service.arrays import Codes, Vector
from service.design import Coding, Design, Grouping, ModelMatrix, RandomEffect
from service.design.model_matrix import Numbers

INTERCEPT = "(Intercept)"


def design_of(
    y: ArrayLike,
    codes: ArrayLike,
    *predictors: ArrayLike,
    intercept: bool = True,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Design:
    """The design of y ~ predictors + (1 | g), g given by its codes, all of which occur."""
    response, groups = np.array(y, dtype=np.float64), np.array(codes, dtype=np.intp)
    columns = [*[np.ones(response.size)] * intercept, *(np.array(column, dtype=np.float64) for column in predictors)]
    names = [*[INTERCEPT] * intercept, *(f"x{k + 1}" for k in range(len(predictors)))]
    levels = tuple(f"group {j}" for j in range(int(groups.max()) + 1))
    return Design(
        formula="y ~ ... + (1 | g)",
        response="y",
        intercept=intercept,
        X=matrix_of(names, columns, response.size),
        y=response,
        weights=None if weights is None else np.array(weights, dtype=np.float64),
        offset=None if offset is None else np.array(offset, dtype=np.float64),
        random=(RandomEffect(Grouping("g", groups, levels), ModelMatrix((INTERCEPT,), ((),), response.size), True),),
        rows=None,
        n_dropped=0,
        coding=Coding({}, {}),
    )


def matrix_of(names: Sequence[str], columns: Sequence[Vector], n_rows: int) -> ModelMatrix:
    """The model matrix of these columns, (n_rows,) each; the one of the intercept's name is the intercept."""
    products = [
        () if name == INTERCEPT else (Numbers((name, "numbers", 0), column),)
        for name, column in zip(names, columns, strict=True)
    ]
    return ModelMatrix(tuple(names), tuple(products), n_rows)


def rows_of_matrix(matrix: ModelMatrix, rows: Codes) -> ModelMatrix:
    """These rows of a model matrix."""
    return matrix_of(matrix.names, [matrix.column(k)[rows] for k in range(matrix.n_columns)], len(rows))


def rows_of(design: Design, rows: Codes) -> Design:
    """These rows of a design, with all its groups."""
    effect = design.random[0]
    grouping = replace(effect.grouping, codes=effect.grouping.codes[rows])
    return replace(
        design,
        X=rows_of_matrix(design.X, rows),
        y=design.y[rows],
        weights=None if design.weights is None else design.weights[rows],
        offset=None if design.offset is None else design.offset[rows],
        random=(replace(effect, grouping=grouping, Z=rows_of_matrix(effect.Z, rows)),),
        rows=rows if design.rows is None else design.rows[rows],
    )


def group_of(sizes: Sequence[int]) -> Codes:
    """The group of each row, groups one after the other."""
    return np.repeat(np.arange(len(sizes)), sizes)


def group_means(values: Vector, codes: Codes) -> Vector:
    """The mean of its group, for each row."""
    means: Vector = np.bincount(codes, values) / np.bincount(codes)
    return means[codes]


def random_rows(
    seed: int, sizes: Sequence[int], *, group: float = 1.0, noise: float = 1.0
) -> tuple[Vector, Vector, Vector, Codes]:
    """A predictor, a group-level predictor, y = 1 + 2x + group effect + noise, and codes."""
    random, codes = np.random.default_rng(seed), group_of(sizes)
    x, v = random.normal(size=codes.size), random.normal(size=len(sizes))[codes]
    effects, residuals = group * random.normal(size=len(sizes)), noise * random.normal(size=codes.size)
    return x, v, 1 + 2 * x + effects[codes] + residuals, codes
