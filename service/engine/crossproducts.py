"""Cross-products: all that a mixed model needs to know of its rows.

For the columns D = [X y] in a basis, random factors f with columns Z_f in theirs, and prior weights w (all sums
weighted):

    G_fj = sum over group j of z z',  C_fj = sum over group j of z d',  M_j = G_1j^- C_1j,
    S    = sum over rows of (d - M_j' z)(d - M_j' z)'   (what the first factor's columns leave, group by group),
    and Z_f'Z_h, sparse, for every pair of factors.

For the first factor D'V^-1 D = S + sum_j M_j' (G_j^-1 + Psi)^-1 M_j, a sum of positive terms: nothing cancels however
large the ratio of the variances. Cross-products are additive over rows: `merge` is the fold's addition (Chan, Golub &
LeVeque 1983, Am. Stat. 37, eq. 2.1b, with a regression in place of a mean), `subtract` takes it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, kron

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.basis import Basis, RandomBasis

CONSTANT = 1e-24
"""Share of a column's square that Z leaves below which Z determines it: rounding leaves at most 1e-30."""

Pairs = Mapping[tuple[int, int], csr_array]
"""Z_f'Z_h (J_f q_f, J_h q_h) for factors f < h; a group's coefficients are side by side."""


@dataclass(frozen=True, slots=True)
class FactorProducts:
    """The cross-products of a random factor with J groups and q columns, in the coordinates of `basis`.

    `counts` (J,) rows and `weights` (J,) their summed weights, `gram` (q, q, J) G, `cross` (q, m, J) C.
    `mean_squares` (q, q) is the unweighted sum of z z' over all rows. `spanned` says that all its columns are
    columns of the first factor too, so that nothing is left of them within groups of that which lie in one of its own.
    """

    basis: RandomBasis
    counts: Codes
    weights: Vector
    gram: Matrices
    cross: Matrices
    mean_squares: Matrix
    spanned: bool


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """The cross-products of m columns D = [1 X y] in `basis`, the ones first if there is an intercept.

    `solution` (q, m, J) is M and `within` (m, m) is S, both of the first factor; a column of X that its Z determines
    has exact zeros in `within`; `spanned` (m,) marks those that are combinations of its columns whatever the rows.
    `n` is the number of rows, `log_weights` the sum of log w over them. `total_mean` (k + 1,) and `scatter`
    (k + 1, k + 1) are the unweighted mean of [X y] without the ones and the unweighted cross-products around it.
    """

    n: int
    basis: Basis
    factors: tuple[FactorProducts, ...]
    solution: Matrices
    within: Matrix
    spanned: Flags
    pairs: Pairs
    log_weights: float
    total_mean: Vector
    scatter: Matrix

    @property
    def width(self) -> int:
        """M."""
        return len(self.within)

    def determined(self) -> Codes:
        """1 for each column of X (m - 1,), the ones included, that the first factor's Z determines, else 0.

        With a varying intercept those are the columns that do not vary within groups.
        """
        constant: Codes = (self.within.diagonal()[:-1] == 0).astype(np.intp)
        return constant

    def keep(self, kept: Codes) -> "CrossProducts":
        """The cross-products of the X columns at positions `kept`, and y; the basis must not be rotated."""
        both = np.append(kept, self.basis.columns.size)
        first = int(self.basis.intercept)
        augmented = np.concatenate([np.arange(first), both + first])
        return replace(
            self,
            basis=self.basis.keep(kept),
            factors=tuple(replace(factor, cross=factor.cross[:, augmented]) for factor in self.factors),
            solution=self.solution[:, augmented],
            within=self.within[np.ix_(augmented, augmented)],
            spanned=self.spanned[augmented],
            total_mean=self.total_mean[both],
            scatter=self.scatter[np.ix_(both, both)],
        )


def without_rounding(within: Matrix, spanned: Flags, solution: Matrices, cross: Matrices) -> Matrix:
    """S, `within`, with exact zeros for the columns of X of which Z leaves nothing but rounding.

    `spanned`, `solution` M and `cross` C, both of the first factor, as in `CrossProducts`.
    """
    left = within.diagonal()
    squares = left + _explained_squares(solution, cross)
    determined = spanned | (left <= CONSTANT * squares)
    determined[-1] = False
    exact = within.copy()
    exact[determined] = exact[:, determined] = 0.0
    return exact


def turn_random(products: CrossProducts, turns: tuple[Matrix, ...]) -> CrossProducts:
    """The cross-products with the columns Z_f T_f in place of every Z_f, for T_f (q, q)."""
    factors = tuple(_turn_factor(factor, T) for factor, T in zip(products.factors, turns, strict=True))
    solution = groupwise.times(np.linalg.inv(turns[0]).astype(np.float64, copy=False), products.solution)
    pairs = {}
    for (f, h), block in products.pairs.items():
        left, right = (kron(eye_array(products.factors[g].gram.shape[2]), turns[g], format="csr") for g in (f, h))
        pairs[f, h] = csr_array(left.T @ block @ right)
    return replace(products, factors=factors, solution=solution, pairs=pairs)


def _turn_factor(factor: FactorProducts, T: Matrix) -> FactorProducts:
    return replace(
        factor,
        basis=RandomBasis(factor.basis.shift, factor.basis.scale, factor.basis.transform @ T),
        gram=groupwise.sandwich(T, factor.gram),
        cross=groupwise.times(T.T, factor.cross),
        mean_squares=T.T @ factor.mean_squares @ T,
    )


def total_products(products: CrossProducts) -> Matrix:
    """D'D (m, m), weighted."""
    return products.within + groupwise.weighted_products(products.solution, products.factors[0].cross)


def total_squares(products: CrossProducts) -> Vector:
    """The diagonal of D'D (m,), weighted."""
    squares: Vector = products.within.diagonal() + _explained_squares(products.solution, products.factors[0].cross)
    return squares


def _explained_squares(solution: Matrices, cross: Matrices) -> Vector:
    """The squares of the m columns that the first factor's columns explain, (m,), from its M and C."""
    squares: Vector = np.vecdot(solution, cross).sum(axis=0)
    return squares


def squares_of_response(products: CrossProducts) -> float:
    """y'y, weighted, the last of D'D."""
    return float(total_squares(products)[-1])


def merge(a: CrossProducts, b: CrossProducts) -> CrossProducts:
    """The cross-products of the rows of both, which must be in the same bases and of the same groups."""
    first, second = a.factors[0].gram, b.factors[0].gram
    factors = tuple(_merge_factors(x, y) for x, y in zip(a.factors, b.factors, strict=True))
    roots = groupwise.cholesky(factors[0].gram)
    apart = b.solution - a.solution
    # The parallel sum of the two Grams weighs how far the regressions of the two parts lie apart.
    lean = groupwise.solve(roots, groupwise.product(second, apart))
    within = a.within + b.within + groupwise.weighted_products(apart, groupwise.product(first, lean))
    solution = groupwise.solve(roots, factors[0].cross)
    n = a.n + b.n
    gap, part = b.total_mean - a.total_mean, b.n / n
    return CrossProducts(
        n=n,
        basis=a.basis,
        factors=factors,
        solution=solution,
        within=without_rounding(within, a.spanned, solution, factors[0].cross),
        spanned=a.spanned,
        pairs={pair: a.pairs[pair] + b.pairs[pair] for pair in a.pairs},
        log_weights=a.log_weights + b.log_weights,
        total_mean=a.total_mean + gap * part,
        scatter=a.scatter + b.scatter + np.outer(gap, gap) * (a.n * part),
    )


def subtract(whole: CrossProducts, part: CrossProducts) -> CrossProducts:
    """The cross-products of the rows of `whole` that are not in `part`, which has some of them.

    Both must be in the same bases and of the same groups; a group that loses all of its rows has zeros. A difference
    has the digits that the whole's size leaves it: `shares_kept` says what is left.
    """
    factors = tuple(_subtract_factors(x, y) for x, y in zip(whole.factors, part.factors, strict=True))
    first, taken = factors[0], part.factors[0]
    touched = (taken.counts > 0) & (first.counts > 0)
    roots = groupwise.cholesky(first.gram[:, :, touched])
    solution = np.where(first.counts > 0, whole.solution, 0.0)
    solution[:, :, touched] = groupwise.solve(roots, first.cross[:, :, touched])
    # What `merge` adds for two parts whose regressions lie apart.
    apart = part.solution[:, :, touched] - solution[:, :, touched]
    together = groupwise.cholesky(whole.factors[0].gram[:, :, touched])
    lean = groupwise.solve(together, groupwise.product(taken.gram[:, :, touched], apart))
    around = groupwise.weighted_products(apart, groupwise.product(first.gram[:, :, touched], lean))
    left = whole.n - part.n
    gap = part.total_mean - whole.total_mean
    return replace(
        whole,
        n=left,
        factors=factors,
        solution=solution,
        within=_without_determined(whole, whole.within - part.within - around),
        pairs={pair: _subtract_pairs(whole.pairs[pair], part.pairs[pair], factors, pair) for pair in whole.pairs},
        log_weights=whole.log_weights - part.log_weights,
        total_mean=whole.total_mean - gap * (part.n / left),
        scatter=whole.scatter - part.scatter - np.outer(gap, gap) * (part.n * whole.n / left),
    )


def _without_determined(whole: CrossProducts, within: Matrix) -> Matrix:
    """`within` with exact zeros for the columns of X that the whole's Z determines: in some of its rows it does too."""
    determined = np.append(whole.determined() == 1, False)
    within[determined] = within[:, determined] = 0.0
    return within


def _subtract_factors(whole: FactorProducts, part: FactorProducts) -> FactorProducts:
    counts = whole.counts - part.counts
    return replace(
        whole,
        counts=counts,
        # Where no row is left, no rounding is either.
        weights=np.where(counts > 0, whole.weights - part.weights, 0.0),
        gram=np.where(counts > 0, whole.gram - part.gram, 0.0),
        cross=np.where(counts > 0, whole.cross - part.cross, 0.0),
        mean_squares=whole.mean_squares - part.mean_squares,
    )


def _subtract_pairs(
    whole: csr_array, part: csr_array, factors: tuple[FactorProducts, ...], pair: tuple[int, int]
) -> csr_array:
    """Z_f'Z_h of the rows that are left, without the elements of groups that have none."""
    entries = coo_array(whole - part)
    own, other = (factors[f] for f in pair)
    left = (own.counts[entries.row // len(own.gram)] > 0) & (other.counts[entries.col // len(other.gram)] > 0)
    kept = (entries.data[left], (entries.row[left], entries.col[left]))
    return csr_array(kept, shape=whole.shape)


def shares_kept(whole: CrossProducts, left: CrossProducts) -> Vector:
    """What is left of the squares of columns, a share each, when `subtract` has left these of the whole.

    Of all columns within the first factor's groups and over all, and of every factor's columns in the groups that
    have rows: minus its logarithm are the digits that the difference has lost.
    """
    pairs = [(np.diag(each(left)), np.diag(each(whole))) for each in (lambda own: own.within, total_products)]
    for own, before in zip(left.factors, whole.factors, strict=True):
        occupied = own.counts > 0
        pairs.append((np.einsum("aaj->aj", own.gram)[:, occupied], np.einsum("aaj->aj", before.gram)[:, occupied]))
    return np.concatenate([squares[total > 0] / total[total > 0] for squares, total in pairs])


def _merge_factors(a: FactorProducts, b: FactorProducts) -> FactorProducts:
    return FactorProducts(
        basis=a.basis,
        counts=a.counts + b.counts,
        weights=a.weights + b.weights,
        gram=a.gram + b.gram,
        cross=a.cross + b.cross,
        mean_squares=a.mean_squares + b.mean_squares,
        spanned=a.spanned,
    )
