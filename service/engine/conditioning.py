"""Which columns a model can tell apart, and a basis in which it can tell them apart accurately.

The cheap fold decides where nothing is near dependence. Where something is, the triangle of a blockwise orthogonal
factorisation of the rows (TSQR; Demmel et al. 2012, SIAM J. Sci. Comput. 34) decides as lm and lmer do, dropping the
later column of a dependent set, and its inverse becomes the rotation of a second fold (CholeskyQR's second step).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf

from service.arrays import Codes, Matrix, Vector
from service.design import INTERCEPT, Design
from service.engine import groupwise
from service.engine.basis import Bases, Basis, RandomBasis, fixed_columns
from service.engine.columns import ONES
from service.engine.crossproducts import CrossProducts, FactorProducts, total_squares, turn_random
from service.engine.fold import fold
from service.engine.profile import whiten
from service.engine.random_factors import RandomFactor
from service.engine.scalar.limits import no_pooling
from service.engine.spectrum import eigen
from service.engine.triangle import triangle_below, triangular_factor

LEVEL = 1e-12
"""Share of a column's square within groups below which it is constant there, if seen through sums by group."""

NEAR_DEPENDENCE = 1e-8
"""Share of a column's square left by the earlier ones below which its cross-products no longer tell: they hold 16
digits, so 8 are left."""

RANK_TOLERANCE = 1e-7
"""Share of a column's norm left by the earlier ones, the intercept among them, below which it is dependent: R's, in lm
and lmer. A column that varies by less than this around a large value counts as constant; a note says to centre it."""

NEARLY_CONSTANT = 1e-6
"""Eigenvalue of the correlations within groups below which a combination of columns is nearly constant there."""

UNEXPLAINED = 1e-4
"""Share of y's square within groups left by X below which y is replaced by its residual: half of its digits are
lost."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Well-conditioned cross-products, and what was learnt on the way.

    `factors` are the design's random factors and `random` the coordinates their rows are folded in. `kept` (p,) are
    the positions of the design's columns in use, intercept included; `aliased` the others. `group_level` (p,) marks
    kept columns that are constant within every group of some factor, the intercept included. `unexplained` is the share
    of y's square that the columns leave, around its mean if there is an intercept.
    """

    products: CrossProducts
    factors: tuple[RandomFactor, ...]
    random: tuple[RandomBasis, ...]
    kept: Codes
    aliased: Codes
    group_level: Codes
    unexplained: float

    @property
    def turns(self) -> tuple[Matrix, ...]:
        """What leads from each factor's columns as they are folded to those of its products, (q, q)."""
        pairs = zip(self.random, self.products.factors, strict=True)
        return tuple(
            np.linalg.solve(basis.transform, own.basis.transform).astype(np.float64, copy=False) for basis, own in pairs
        )


def condition(design: Design, bases: Bases, products: CrossProducts) -> Fold:
    """The cross-products of a design's independent columns, in bases that keep their digits.

    `products` are the design's in the plain `bases`.
    """
    factors, plain = bases.factors, bases.fixed
    kept = np.arange(plain.columns.size)
    shares = shares_left(_gram(products))
    near = _is_near_dependent(products, shares)
    if near:
        kept, triangle = _independent(_triangle(design, plain), np.sqrt(_raw_squares(products)), design.n)
        products = products.keep(kept)
        shares = shares_left(_gram(products))
    group_level = _constant_within_groups(products, factors)
    if near and _is_near_dependent(products, shares):
        rotation = solve_triangular(triangle, np.eye(kept.size + 1)) * np.sqrt(design.n)
        products = fold(design, replace(bases, fixed=products.basis.turned(rotation)))
        shares = shares_left(_gram(products))
    apart = _levels_apart(products)
    if apart is not None:
        turned = products.basis.turned(products.basis.rotation @ apart)
        products = fold(design, replace(bases, fixed=turned))
    used = np.zeros(len(design.names), dtype=np.bool_)
    used[plain.columns[kept]] = True
    used[: int(design.intercept)] = True
    return Fold(
        products=_orthonormal(products, factors),
        factors=factors,
        random=bases.random,
        kept=used.nonzero()[0],
        aliased=(~used).nonzero()[0],
        group_level=group_level,
        unexplained=float(shares[-1]),
    )


def sharpen(design: Design, fold: Fold) -> Fold:
    """The fold with y replaced by its residual where X explains nearly all that y varies, within groups or in total."""
    products = fold.products
    if min(fold.unexplained, shares_left(_within(products))[-1]) >= UNEXPLAINED:
        return fold
    # Where several coefficients vary these are not those of no pooling, but within groups they are least squares'.
    return residualise(design, fold, no_pooling(products).beta)


def residualise(design: Design, known: Fold, beta: Vector) -> Fold:
    """The fold with y replaced by y - X beta; `beta` (p,) are coefficients in the present basis."""
    basis, first = known.products.basis, int(design.intercept)
    rotation, shift = basis.rotation.copy(), basis.shift.copy()
    rotation[:-1, -1] -= rotation[:-1, :-1] @ beta[first:]
    shift[-1] += beta[:first].sum() * basis.y_unit
    turned = replace(basis.turned(rotation), shift=shift)
    products = _orthonormal(fold(design, Bases(known.factors, turned, known.random)), known.factors)
    return replace(known, products=products, unexplained=1.0)


def _orthonormal(products: CrossProducts, factors: tuple[RandomFactor, ...]) -> CrossProducts:
    """The products with the columns of each random term orthonormal over the rows, where they are independent."""
    if all(factor.n_coefficients == len(factor.effects) for factor in factors):
        return products
    turns = [_random_turn(own, factor, products.n) for own, factor in zip(products.factors, factors, strict=True)]
    return turn_random(products, tuple(turns))


def _random_turn(own: FactorProducts, factor: RandomFactor, n: int) -> Matrix:
    """The map (q, q), triangular within each term, to coordinates in which a term's columns are orthonormal."""
    turn = np.eye(factor.n_coefficients)
    total = own.gram.sum(axis=2) / n
    for term in factor.terms:
        if term.stop - term.start > 1 and shares_left(total[term, term]).min() > NEAR_DEPENDENCE:
            turn[term, term] = whiten(total[term, term])[0].T
    return turn


def _constant_within_groups(products: CrossProducts, factors: tuple[RandomFactor, ...]) -> Codes:
    """1 for each column of X (p,) that is constant within the groups of a factor with a varying intercept."""
    constant = np.zeros(products.width - 1, dtype=np.intp)
    for factor, own in zip(factors, products.factors, strict=True):
        if factor.is_varying_intercept and own is products.factors[0]:
            constant |= products.determined()
        elif INTERCEPT in factor.names:
            squares = total_squares(products)[:-1]
            sums = own.cross[factor.names.index(INTERCEPT), :-1]
            left = squares - (sums**2 * groupwise.reciprocal(own.weights)).sum(axis=1)
            constant |= (left <= LEVEL * squares).astype(np.intp)
    constant[: int(products.basis.intercept)] = 1
    return constant


def _is_near_dependent(products: CrossProducts, shares: Vector) -> bool:
    """Whether a column of X may be dependent, or its cross-products too inaccurate to tell.

    `shares` (k + 1,) are what the earlier columns leave of each and of y.
    """
    share = shares[:-1]
    left = share * _gram(products).diagonal()[:-1]
    return bool(((share < NEAR_DEPENDENCE) | (left < 10.0 * RANK_TOLERANCE**2 * _raw_squares(products))).any())


def _raw_squares(products: CrossProducts) -> Vector:
    """The sum of squares of each column of X as it was given (k,), in units of the unrotated basis."""
    basis = products.basis
    centre = products.total_mean + basis.shift * basis.scale
    squares: Vector = (products.scatter.diagonal() + products.n * centre**2)[:-1]
    return squares


def _levels_apart(products: CrossProducts) -> Matrix | None:
    """A rotation (k + 1, k + 1) into columns that are uncorrelated within groups, or None if they are nearly so.

    A combination of columns may be constant within groups where none of them is, as the indicators of a factor
    without an intercept are. At large theta it weighs so much less than the others that it must be a column of its
    own.
    """
    within = _within(products)
    inside = within.diagonal()[:-1].nonzero()[0]
    if inside.size < 2:
        return None
    size = np.sqrt(within.diagonal())[inside]
    values, vectors = eigen(within[np.ix_(inside, inside)] / size / size[:, None])
    if values[0] > NEARLY_CONSTANT:
        return None
    apart = np.eye(products.basis.shift.size)
    apart[np.ix_(inside, inside)] = vectors / size[:, None] * np.sqrt(products.n)
    return apart


def _within(products: CrossProducts) -> Matrix:
    """What the first factor leaves of the columns without the ones."""
    first = int(products.basis.intercept)
    return products.within[first:, first:]


def _gram(products: CrossProducts) -> Matrix:
    """Unweighted cross-products of the rows, around the mean if there is an intercept."""
    if products.basis.intercept:
        return products.scatter
    return products.scatter + products.n * np.outer(products.total_mean, products.total_mean)


def shares_left(gram: Matrix) -> Vector:
    """The share of each column's square that the earlier columns leave, from the cross-products (Cholesky's pivots)."""
    squares = gram.diagonal()
    varies = squares > 0
    # A column of zeros is left whole beside the others, and has no share.
    total = squares + ~varies
    size = np.sqrt(total)
    correlations = gram / size / size[:, None]
    correlations.flat[:: len(gram) + 1] = 1.0
    root, failed = dpotrf(correlations, lower=1, clean=0)
    share: Vector = root.diagonal() ** 2
    if not failed and (share > NEAR_DEPENDENCE).all():
        return share * varies
    left = gram.copy()
    share = np.empty(len(gram))
    for k in range(len(gram)):
        share[k] = left[k, k] / total[k]
        if share[k] > NEAR_DEPENDENCE:
            left[k:, k:] -= np.outer(left[k:, k], left[k, k:]) / left[k, k]
    return share


def _triangle(design: Design, basis: Basis) -> Matrix:
    """R (k + 1, k + 1) of the QR factorisation of the unrotated columns, less their means with an intercept."""
    first = int(basis.intercept)
    width = basis.columns.size + 1
    R = np.zeros((0, width + first))
    for chunk in design.chunks():
        R = triangle_below(R, [*[ONES] * first, *fixed_columns(chunk, basis)], chunk.n)
    square = np.zeros((width, width))
    square[: R.shape[0] - first] = R[first:, first:]
    return square


def _independent(R: Matrix, raw_norms: Vector, n: int) -> tuple[Codes, Matrix]:
    """Positions of the X columns that the earlier ones leave something of, and the triangle of those and y.

    `raw_norms` (k,) are the norms of the columns as they were given, the intercept's share included.
    """
    last = R.shape[1] - 1
    Q = np.zeros((R.shape[0], 0))
    kept = []
    for k in range(last):
        left = R[:, k] - Q @ (Q.T @ R[:, k])
        left -= Q @ (Q.T @ left)
        size = np.linalg.norm(left)
        if size > RANK_TOLERANCE * raw_norms[k]:
            kept.append(k)
            Q = np.column_stack([Q, left / size])
    triangle = triangular_factor(R[:, [*kept, last]])
    triangle *= np.where(np.diag(triangle) < 0, -1.0, 1.0)[:, None]
    # y's unit stays: its residual may be nothing but rounding.
    triangle[-1, -1] = np.sqrt(n)
    return np.array(kept, dtype=np.intp), triangle
