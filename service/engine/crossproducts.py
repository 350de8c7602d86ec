"""Cross-products: all that a varying-intercept model needs to know of its rows.

For the columns D = [X y] in a basis (Design rows come in; n rows are folded once and then forgotten):

    W_j = sum of the weights of group j            mu_j = weighted mean of D in group j
    S   = sum over rows of w (D - mu_j)(D - mu_j)'  (within groups)

D'V(theta)^-1 D = S + sum_j W_j / (1 + theta^2 W_j) mu_j mu_j': a sum of positive terms, so nothing cancels however
large the ratio of the variances. Cross-products are additive over rows: `merge` is the fold's addition (Chan, Golub &
LeVeque 1983, Am. Stat. 37, eq. 2.1b, a group at a time).
"""

from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.engine.basis import Basis, raw_columns

CONSTANT = 1e-24
"""Share of a column's square within groups below which it is constant there: rounding leaves at most 1e-30."""

BLOCK_ROWS = 8192
"""Rows centred at a time: a block of a few columns stays in the second-level cache."""


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Cross-products of m columns D = [X y] in `basis`, for J groups.

    `counts` (J,) rows and `weights` (J,) their summed weights, `means` (J, m) weighted group means, `within` (m, m) the
    weighted cross-products around them, exactly 0 for a column of X that is constant within groups. `log_weights` is
    the sum of log w over rows. `total_mean` (m,) and `scatter` (m, m) are the unweighted mean and the unweighted
    cross-products around it, for the variance of fitted values.
    """

    basis: Basis
    counts: Codes
    weights: Vector
    means: Matrix
    within: Matrix
    log_weights: float
    total_mean: Vector
    scatter: Matrix

    @property
    def n(self) -> int:
        """The number of rows."""
        return int(self.counts.sum())

    def constant_within(self) -> Codes:
        """1 for each column of X (without the intercept) that does not vary within groups, else 0."""
        constant: Codes = (np.diag(self.within)[:-1] == 0).astype(np.intp)
        return constant

    def augmented_means(self) -> Matrix:
        """`means` with the intercept's column in front, if there is one: it is 1 in every group."""
        return np.column_stack([np.ones(len(self.means)), self.means]) if self.basis.intercept else self.means

    def augmented_within(self) -> Matrix:
        """`within` with the intercept's row and column in front, if there is one: it does not vary within groups."""
        if not self.basis.intercept:
            return self.within
        augmented = np.zeros((len(self.within) + 1, len(self.within) + 1))
        augmented[1:, 1:] = self.within
        return augmented

    def keep(self, kept: Codes) -> "CrossProducts":
        """The cross-products of the X columns at positions `kept`, and y; the basis must not be rotated."""
        both = np.append(kept, self.basis.columns.size)
        square = np.ix_(both, both)
        return replace(
            self,
            basis=self.basis.keep(kept),
            means=self.means[:, both],
            within=self.within[square],
            total_mean=self.total_mean[both],
            scatter=self.scatter[square],
        )


def fold_rows(design: Design, basis: Basis) -> CrossProducts:
    """The cross-products of a design's rows, grouped by its first grouping factor.

    Two passes over each column, one for the group means and one for what is left around them; no more than one column
    and one block of rows is held in addition to the design.
    """
    grouping = design.random[0].grouping
    codes, n_groups = grouping.codes, len(grouping.levels)
    counts = np.bincount(codes, minlength=n_groups)
    weights: Vector = counts.astype(np.float64)
    if design.weights is not None:
        weights = np.bincount(codes, design.weights, n_groups).astype(np.float64, copy=False)
    columns = raw_columns(design, basis.columns)
    plain_means, plain_totals = _group_means(design, basis, columns, weights)
    within, scatter = _around_means(design, basis, columns, plain_means, plain_totals)
    means, total_mean = plain_means @ basis.rotation, plain_totals @ basis.rotation
    _clear_constant(within, weights, means)
    if design.weights is None:
        apart = means - total_mean
        scatter = within + (apart * weights[:, None]).T @ apart
    log_weights = 0.0 if design.weights is None else float(np.log(design.weights).sum())
    return CrossProducts(basis, counts, weights, means, within, log_weights, total_mean, scatter)


def _group_means(design: Design, basis: Basis, columns: list[Vector], weights: Vector) -> tuple[Matrix, Vector]:
    """Weighted means by group (J, m) and unweighted means (m,) of the unrotated columns."""
    codes = design.random[0].grouping.codes
    means = np.empty((weights.size, len(columns)))
    totals = np.empty(len(columns))
    present = np.where(weights > 0, weights, 1.0)
    column = np.empty(codes.size)
    for k, raw in enumerate(columns):
        np.subtract(raw, basis.shift[k], out=column)
        np.multiply(column, basis.scale[k], out=column)
        if design.weights is not None:
            totals[k] = column.mean()
            np.multiply(column, design.weights, out=column)
        sums = np.bincount(codes, column, weights.size)
        means[:, k] = sums / present
        if design.weights is None:
            totals[k] = sums.sum() / codes.size
    return means, totals


def _around_means(
    design: Design, basis: Basis, columns: list[Vector], means: Matrix, totals: Vector
) -> tuple[Matrix, Matrix]:
    """Rotated cross-products around the group means and, where weights make a difference, the total mean."""
    codes, m = design.random[0].grouping.codes, len(columns)
    by_column = np.ascontiguousarray(means.T)
    within, scatter = np.zeros((m, m)), np.zeros((m, m))
    turn = basis.rotation.T if basis.is_rotated else None
    block = np.empty((m, min(BLOCK_ROWS, codes.size)))
    for start in range(0, codes.size, BLOCK_ROWS):
        rows = slice(start, min(start + BLOCK_ROWS, codes.size))
        part = block[:, : rows.stop - start]
        for k, raw in enumerate(columns):
            np.subtract(raw[rows], basis.shift[k], out=part[k])
            np.multiply(part[k], basis.scale[k], out=part[k])
        if design.weights is not None:
            around = part - totals[:, None]
            turned = around if turn is None else turn @ around
            scatter += turned @ turned.T
        for k in range(m):
            part[k] -= by_column[k].take(codes[rows])
        if design.weights is not None:
            part *= np.sqrt(design.weights[rows])
        turned = part if turn is None else turn @ part
        within += turned @ turned.T
    return within, scatter


def _clear_constant(within: Matrix, weights: Vector, means: Matrix) -> None:
    """Exact zeros in `within` for the columns of X in which nothing but rounding is left."""
    inside = np.diag(within)
    constant = np.flatnonzero(inside[:-1] <= CONSTANT * (inside + weights @ means**2)[:-1])
    within[constant] = within[:, constant] = 0.0


def merge(a: CrossProducts, b: CrossProducts) -> CrossProducts:
    """The cross-products of the rows of both, which must be in one basis and of the same groups."""
    weights, counts = a.weights + b.weights, a.counts + b.counts
    present = np.where(weights > 0, weights, 1.0)
    apart = b.means - a.means
    share = np.where(a.weights > 0, b.weights / present, 1.0)
    means = a.means + apart * share[:, None]
    within = a.within + b.within + (apart * (share * a.weights)[:, None]).T @ apart
    _clear_constant(within, weights, means)
    gap, part = b.total_mean - a.total_mean, b.n / (a.n + b.n)
    return CrossProducts(
        a.basis,
        counts,
        weights,
        means,
        within,
        a.log_weights + b.log_weights,
        a.total_mean + gap * part,
        a.scatter + b.scatter + np.outer(gap, gap) * (a.n * part),
    )
