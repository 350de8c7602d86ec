"""A regression of its own within each group: no pooling of anything, all groups at once.

From the cross-products of each group's rows around their means, made in three passes over the rows: for the means, for
the products, and for the squares that the regressions leave. No step is taken group by group.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.design import Design
from service.engine import Estimates, groupwise
from service.engine.basis import Basis, fixed_columns
from service.engine.columns import blocks, rows_at_once
from service.engine.crossproducts import CONSTANT
from service.engine.fold import LEAST_ROWS
from service.engine.noise import rounding

MOST_NUMBERS = 2**24
"""Cross-products of all groups together that are held: 128 MiB."""


@dataclass(frozen=True, slots=True)
class SeparateRegressions:
    """The regressions within J groups, of an intercept and the q columns that vary within any group.

    `kept` (q,) are the positions of those columns in the design, less what is a combination of earlier ones within all
    groups. `estimate` (1 + q, J) are the intercepts, where all columns are 0, and the slopes, nan where a group has no
    regression; `unit_error` (1 + q, J) their standard errors for a sigma of 1. `sigma` (J,) is nan without a degree of
    freedom, and `df` (J,) negative where a group has fewer rows than coefficients. `pooled_sigma` and `pooled_df` are
    those of all the regressions together.

    `constant` and `dependent` (q, J) say which columns do not vary in a group, or are combinations of earlier ones
    there.
    """

    kept: Codes
    estimate: Matrix
    unit_error: Matrix
    sigma: Vector
    df: Codes
    pooled_sigma: float
    pooled_df: int
    constant: Flags
    dependent: Flags

    @property
    def is_possible(self) -> Flags:
        """Which groups have a regression, (J,)."""
        return _is_possible(self.df, self.constant, self.dependent)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a design as the columns [x y] in a basis, with their groups and weights, block after block."""

    design: Design
    basis: Basis
    weights: Vector

    def parts(self) -> Iterator[tuple[Matrix, Codes, Vector | float]]:
        """The columns (m, rows) of a block, which the next block overwrites, the rows' groups and their weights."""
        width = self.basis.columns.size + 1
        size = rows_at_once(width, max(LEAST_ROWS, self.weights.size))
        for chunk in self.design.chunks():
            columns, codes = fixed_columns(chunk, self.basis), chunk.random[0].grouping.codes
            out = np.empty((width, min(size, chunk.n)))
            for rows in blocks(chunk.n, size):
                part = out[:, : rows.stop - rows.start]
                for column, row in zip(columns, part, strict=True):
                    column.fill(rows, row)
                yield part, codes[rows], 1.0 if chunk.weights is None else chunk.weights[rows]

    def means(self) -> Matrix:
        """The mean of each column in every group, (m, J)."""
        sums = np.zeros((self.basis.columns.size + 1, self.weights.size))
        for part, codes, weight in self.parts():
            for k, column in enumerate(part):
                sums[k] += np.bincount(codes, column * weight, self.weights.size)
        return sums / self.weights

    def gram(self, means: Matrix) -> Matrices:
        """The products of the columns around their means in every group, (m, m, J)."""
        m, groups = means.shape
        gram = np.zeros((m, m, groups))
        for part, codes, weight in self.parts():
            around = part - means[:, codes]
            for a in range(m):
                weighted = around[a] * weight
                for b in range(a, m):
                    gram[a, b] += np.bincount(codes, weighted * around[b], groups)
        for a in range(m):
            gram[a + 1 :, a] = gram[a, a + 1 :]
        return gram

    def left(self, means: Matrix, slopes: Matrix) -> Vector:
        """The squares that slopes (m - 1, J) leave in every group, (J,)."""
        squares = np.zeros(self.weights.size)
        for part, codes, weight in self.parts():
            left = part - means[:, codes]
            residual = left[-1] - (left[:-1] * slopes[:, codes]).sum(axis=0)
            squares += np.bincount(codes, residual * residual * weight, squares.size)
        return squares


def separate_regressions(design: Design, plain: Basis, estimates: Estimates) -> SeparateRegressions | None:
    """The regressions within the groups of a model with one varying intercept; None if they take too much memory.

    `plain` is the basis that the design was folded in first: of all its columns, and not rotated.
    """
    own = estimates.products.factors[0]
    basis = plain.keep(np.flatnonzero(np.isin(plain.columns, estimates.kept)))
    if own.counts.size * (basis.columns.size + 1) ** 2 > MOST_NUMBERS:
        return None
    every = _Rows(design, basis, own.weights)
    means = every.means()
    gram = every.gram(means)
    squares = np.einsum("aaj->aj", gram)
    constant = (squares <= CONSTANT * (squares + own.weights * means**2))[:-1]
    products = np.where(constant[:, None] | constant[None], 0.0, gram[:-1, :-1])
    # What all groups together do not tell, none does.
    inside = np.flatnonzero(groupwise.cholesky(products.sum(axis=2)[:, :, None]).diagonal()[0])
    within = _Within(
        rows=_Rows(design, basis.keep(inside), own.weights),
        means=means[np.append(inside, len(constant))],
        products=products[np.ix_(inside, inside)],
        cross=gram[inside, -1],
        constant=constant[inside],
    )
    return _solve(within, own.counts - (inside.size + 1), rounding(estimates.products))


@dataclass(frozen=True, slots=True)
class _Within:
    """The rows of every group around their `means` (q + 1, J): X'X (q, q, J) and X'y (q, J).

    Products with a column that is `constant` (q, J) in a group are exactly zero there.
    """

    rows: _Rows
    means: Matrix
    products: Matrices
    cross: Matrix
    constant: Flags


def _solve(within: _Within, df: Codes, resolution: float) -> SeparateRegressions:
    """The regressions, with `df` (J,) degrees of freedom; a sigma no larger than `resolution` is 0."""
    rows, basis, q = within.rows, within.rows.basis, len(within.cross)
    root = groupwise.cholesky(within.products)
    dependent = (np.einsum("aaj->aj", root) == 0.0) & ~within.constant
    possible = _is_possible(df, within.constant, dependent)
    slopes = groupwise.solve(root, within.cross[:, None])[:, 0]
    squares = rows.left(within.means, slopes)
    squares[squares <= rows.weights * resolution**2] = 0.0
    free = possible & (df > 0)
    pooled_df = int(df[free].sum())
    # Where all columns are 0, as seen from the means.
    away = -(basis.shift * basis.scale)[:-1, None] - within.means[:-1]
    units = np.concatenate([[1.0], basis.scale[:-1]])[:, None]
    estimate = np.concatenate([within.means[-1:] + (slopes * away).sum(axis=0), slopes]) * (units * basis.y_unit)
    estimate[0] += basis.shift[-1]
    inverse_root = groupwise.forward(root, np.broadcast_to(np.eye(q)[:, :, None], root.shape))
    at_zero = np.einsum("akj,kj->aj", inverse_root, away)
    variance = np.concatenate([[1.0 / rows.weights + (at_zero**2).sum(axis=0)], (inverse_root**2).sum(axis=0)])
    return SeparateRegressions(
        kept=basis.columns,
        estimate=np.where(possible, estimate, np.nan),
        unit_error=np.where(possible, np.sqrt(variance) * units, np.nan),
        sigma=np.sqrt(np.where(free, squares, np.nan) / np.where(free, df, 1)) * basis.y_unit,
        df=df,
        pooled_sigma=float(np.sqrt(squares[free].sum() / pooled_df)) * basis.y_unit if pooled_df else np.nan,
        pooled_df=pooled_df,
        constant=within.constant,
        dependent=dependent,
    )


def _is_possible(df: Codes, constant: Flags, dependent: Flags) -> Flags:
    """Which groups have rows enough, and all columns independent, (J,)."""
    possible: Flags = (df >= 0) & ~constant.any(axis=0) & ~dependent.any(axis=0)
    return possible
