"""Which columns a model can tell apart, and a basis in which it can tell them apart accurately.

The cheap fold decides where nothing is near dependence. Where something is, the triangle of a blockwise orthogonal
factorisation of the rows (TSQR; Demmel et al. 2012, SIAM J. Sci. Comput. 34) decides as lm and lmer do, dropping the
later column of a dependent set, and its inverse becomes the rotation of a second fold (CholeskyQR's second step).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import qr, solve_triangular

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.engine.basis import Basis, plain_basis, raw_columns
from service.engine.crossproducts import CrossProducts, fold_rows
from service.engine.limits import no_pooling

BLOCK_ROWS = 8192

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

    `kept` (p,) are the positions of the design's columns in use, intercept included; `aliased` the others.
    `group_level` (p,) marks kept columns that are constant within every group, the intercept included.
    """

    products: CrossProducts
    kept: Codes
    aliased: Codes
    group_level: Codes


def condition(design: Design) -> Fold:
    """The cross-products of a design's independent columns, in a basis that keeps their digits."""
    products = fold_rows(design, plain_basis(design))
    basis = products.basis
    kept = np.arange(basis.columns.size)
    near = _is_near_dependent(products)
    if near:
        kept, triangle = _independent(_triangle(design, basis), np.sqrt(_raw_squares(products)), design.y.size)
        products = products.keep(kept)
    group_level = products.constant_within()
    if near and _is_near_dependent(products):
        rotation = solve_triangular(triangle, np.eye(kept.size + 1)) * np.sqrt(design.y.size)
        products = fold_rows(design, replace(products.basis, rotation=rotation))
    apart = _levels_apart(products)
    if apart is not None:
        products = fold_rows(design, replace(products.basis, rotation=products.basis.rotation @ apart))
    first = np.zeros(int(design.intercept), dtype=np.intp)
    positions = np.concatenate([first, basis.columns[kept]])
    unused = np.ones(design.X.shape[1], dtype=bool)
    unused[positions] = False
    return Fold(products, positions, np.flatnonzero(unused), np.concatenate([first + 1, group_level]))


def sharpen(design: Design, fold: Fold) -> Fold:
    """The fold with y replaced by its residual where X explains nearly all that y varies, within groups or in total."""
    products = fold.products
    if min(shares_left(products.within)[-1], shares_left(_gram(products))[-1]) >= UNEXPLAINED:
        return fold
    return residualise(design, fold, no_pooling(products).beta)


def residualise(design: Design, fold: Fold, beta: Vector) -> Fold:
    """The fold with y replaced by y - X beta; `beta` (p,) are coefficients in the present basis."""
    basis, first = fold.products.basis, int(design.intercept)
    rotation, shift = basis.rotation.copy(), basis.shift.copy()
    rotation[:-1, -1] -= rotation[:-1, :-1] @ beta[first:]
    shift[-1] += beta[:first].sum() * basis.y_unit
    return replace(fold, products=fold_rows(design, replace(basis, rotation=rotation, shift=shift)))


def _is_near_dependent(products: CrossProducts) -> bool:
    """Whether a column of X may be dependent, or its cross-products too inaccurate to tell."""
    gram = _gram(products)
    share = shares_left(gram)[:-1]
    left = share * np.diag(gram)[:-1]
    return bool(np.any((share < NEAR_DEPENDENCE) | (left < 10.0 * RANK_TOLERANCE**2 * _raw_squares(products))))


def _raw_squares(products: CrossProducts) -> Vector:
    """The sum of squares of each column of X as it was given (k,), in units of the unrotated basis."""
    basis = products.basis
    centre = products.total_mean + basis.shift * basis.scale
    squares: Vector = (np.diag(products.scatter) + products.n * centre**2)[:-1]
    return squares


def _levels_apart(products: CrossProducts) -> Matrix | None:
    """A rotation (k + 1, k + 1) into columns that are uncorrelated within groups, or None if they are nearly so.

    A combination of columns may be constant within groups where none of them is, as the indicators of a factor
    without an intercept are. At large theta it weighs so much less than the others that it must be a column of its
    own.
    """
    inside = np.flatnonzero(products.constant_within() == 0)
    if inside.size < 2:
        return None
    size = np.sqrt(np.diag(products.within))[inside]
    values, vectors = np.linalg.eigh(products.within[np.ix_(inside, inside)] / size / size[:, None])
    if values[0] > NEARLY_CONSTANT:
        return None
    apart = np.eye(products.basis.shift.size)
    apart[np.ix_(inside, inside)] = vectors / size[:, None] * np.sqrt(products.n)
    return apart


def _gram(products: CrossProducts) -> Matrix:
    """Unweighted cross-products of the rows, around the mean if there is an intercept."""
    if products.basis.intercept:
        return products.scatter
    return products.scatter + products.n * np.outer(products.total_mean, products.total_mean)


def shares_left(gram: Matrix) -> Vector:
    """The share of each column's square that the earlier columns leave, from the cross-products (Cholesky's pivots)."""
    left = gram.copy()
    total = np.where(np.diag(gram) > 0, np.diag(gram), 1.0)
    share = np.empty(len(gram))
    for k in range(len(gram)):
        share[k] = left[k, k] / total[k]
        if share[k] > NEAR_DEPENDENCE:
            left[k:, k:] -= np.outer(left[k:, k], left[k, k:]) / left[k, k]
    return share


def _triangle(design: Design, basis: Basis) -> Matrix:
    """R (k + 1, k + 1) of the QR factorisation of the unrotated columns, less their means with an intercept."""
    columns = raw_columns(design, basis.columns)
    width = len(columns)
    first = int(basis.intercept)
    R = np.zeros((0, width + first))
    for start in range(0, design.y.size, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        block = [(column[rows] - s) * u for column, s, u in zip(columns, basis.shift, basis.scale, strict=True)]
        ones = [np.ones(block[0].size)] * first
        R = _triangular_factor(np.vstack([R, np.column_stack([*ones, *block])]))
    square = np.zeros((width, width))
    square[: R.shape[0] - first] = R[first:, first:]
    return square


def _triangular_factor(A: Matrix) -> Matrix:
    """R of A = QR."""
    return np.asarray(qr(A, mode="r", check_finite=False)[0], dtype=np.float64)[: A.shape[1]]


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
    triangle = _triangular_factor(R[:, [*kept, last]])
    triangle *= np.where(np.diag(triangle) < 0, -1.0, 1.0)[:, None]
    # y's unit stays: its residual may be nothing but rounding.
    triangle[-1, -1] = np.sqrt(n)
    return np.array(kept, dtype=np.intp), triangle
