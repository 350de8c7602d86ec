"""Designs made of arrays: of a varying intercept without a formula, of any random terms with one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from service.arrays import Codes, Matrix, Vector
from service.data import Categorical, Column, Numeric, Table
from service.design import Coding, Design, Grouping, ModelMatrix, RandomEffect, make_design
from service.design.model_matrix import Numbers
from service.engine.basis import Basis
from service.engine.conditioning import Fold, condition
from service.engine.crossproducts import CrossProducts
from service.engine.sharing import folded_plainly
from service.formula import read

INTERCEPT = "(Intercept)"


def model(formula: str, columns: Mapping[str, ArrayLike], *, weights: str | None = None) -> Design:
    """The design of a formula over these columns: whole numbers are levels of a factor, others are numbers."""
    table = Table({name: _column(name, np.asarray(values)) for name, values in columns.items()}, _length(columns))
    return make_design(read(formula), table, weights=weights)


def _column(name: str, values: np.ndarray) -> Column:
    if values.dtype.kind == "i":
        return Categorical(values.astype(np.intp), tuple(f"{name}{j}" for j in range(int(values.max()) + 1)))
    return Numeric(values.astype(np.float64))


def _length(columns: Mapping[str, ArrayLike]) -> int:
    return len(np.asarray(next(iter(columns.values()))))


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
    groupings = {id(effect.grouping): effect.grouping for effect in design.random}
    chosen = {key: replace(grouping, codes=grouping.codes[rows]) for key, grouping in groupings.items()}
    return replace(
        design,
        X=rows_of_matrix(design.X, rows),
        y=design.y[rows],
        weights=None if design.weights is None else design.weights[rows],
        offset=None if design.offset is None else design.offset[rows],
        random=tuple(
            replace(effect, grouping=chosen[id(effect.grouping)], Z=rows_of_matrix(effect.Z, rows))
            for effect in design.random
        ),
        rows=rows if design.rows is None else design.rows[rows],
    )


def with_columns(design: Design, **columns: Vector) -> Design:
    """The design with other columns of X, by name."""
    kept = [columns.get(name, design.X.column(k)) for k, name in enumerate(design.names)]
    return replace(design, X=matrix_of(design.names, kept, design.n))


def kept_columns(design: Design, kept: Codes) -> Design:
    """The design with these columns of X alone."""
    X = design.X
    return replace(design, X=ModelMatrix(tuple(X.names[k] for k in kept), tuple(X.products[k] for k in kept), X.n_rows))


@dataclass(frozen=True, slots=True)
class Chunked:
    """A design that has no rows of its own: whatever needs them must take them chunk by chunk."""

    formula: str
    response: str
    intercept: bool
    X: ModelMatrix
    random: tuple[RandomEffect, ...]
    n: int
    parts: tuple[Design, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.X.names

    def chunks(self) -> Iterator[Design]:
        yield from self.parts


def in_chunks(design: Design, parts: Sequence[Codes]) -> Design:
    """The rows of a design, given out in these parts."""
    none = rows_of(design, np.zeros(0, dtype=np.intp))
    chunks = tuple(rows_of(design, part) for part in parts)
    found = Chunked(design.formula, design.response, design.intercept, none.X, none.random, design.n, chunks)
    return cast(Design, found)


def columns_in(design: Design, basis: Basis) -> Matrix:
    """D (n, m) by its definition: the ones, if there is an intercept, X and y less the offset in a basis."""
    y = design.y if design.offset is None else design.y - design.offset
    C = np.column_stack([design.X.to_array()[:, basis.columns], y])
    D: Matrix = ((C - basis.shift) * basis.scale) @ basis.rotation
    return np.column_stack([np.ones(design.n), D]) if basis.intercept else D


def folded(design: Design) -> CrossProducts:
    """The design's cross-products in plain bases."""
    return folded_plainly(design)[1]


def conditioned(design: Design) -> Fold:
    """The design's cross-products in bases that keep their digits, as a fit begins."""
    return condition(design, *folded_plainly(design))


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
