"""First and second derivatives of the deviance, by the elements of Psi and by theta.

With N = Z'V^-1 Z, U = Z'V^-1 D of every group, c = U (-beta, 1) and Y = U_X A_XX^-1/2 (all sums over groups),

    d deviance / d Psi = sum N - [REML] sum Y Y' - (nu / rho) sum c c',
    second derivative in the directions E, E':
        tr((-N + [REML] 2 Y Y' + 2 (nu / rho) c c') E N E')
        - [REML] tr(D(E) D(E')),  D(E) = sum Y' E Y,
        - 2 (nu / rho) g(E)'g(E'),  g(E) = sum Y' E c,      - nu r(E) r(E'),  r(E) = sum c'E c / rho.

For several factors the exact second derivatives join every group with every other; their expectation, tr(N E N E') less
the profiled sigma's share, needs those of one factor alone to a first approximation, and serves a search that
corrects it (optimum.py). By theta, Psi = Lambda Lambda' gives dPsi = dLambda Lambda' + Lambda dLambda'.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import reduce

import numpy as np
from scipy.linalg import block_diag

from service.arrays import Matrices, Matrix, Vector
from service.engine.random_factors import Parameters
from service.engine.remainder import Groups


def slopes_by_psi(
    factors: Sequence[Groups],
    half: Matrix,
    direction: Vector,
    rho: float,
    nu: int,
    *,
    restricted: bool,
    sigma_follows: bool = True,
) -> tuple[list[Matrix], Matrix]:
    """The derivatives by each Psi_f (q, q), and the second ones, (K, K) for the K = sum q^2 elements of all Psi.

    `factors` are the groups of each, `half half'` is A_XX^-1, `direction` (-beta, 1). Where a combination of the
    coefficients is held, it is beta with that held, `half` (p, p - 1) a root of the covariance that this leaves, and
    `rho` the squares. Where sigma is held, it does not follow theta, and `rho` is nu sigma^2.
    """
    sums = [_summed(groups, half, direction, joint=len(factors) == 1) for groups in factors]
    slopes = [own.N - (nu / rho) * own.cc - (own.YY if restricted else 0.0) for own in sums]
    curvature = _exact(sums[0], rho, nu, restricted=restricted) if len(sums) == 1 else _expected(sums)
    if sigma_follows:
        share = np.concatenate([own.cc.ravel() for own in sums]) / rho
        curvature -= nu * (share[:, None] * share)
    return slopes, curvature


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the groups of a factor: of N, c c' and Y Y' (q, q), and N N (q q, q q), of all pairs of elements.

    For a single factor also of Y Y' N and c c' N (q q, q q), Y Y over all (q q, p p) and Y c (q q, p).
    """

    N: Matrix
    cc: Matrix
    YY: Matrix
    NN: Matrix
    YYN: Matrix
    CN: Matrix
    outer: Matrix
    pull: Matrix

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def _summed(groups: Groups, half: Matrix, direction: Vector, *, joint: bool) -> _Sums:
    """The sums over all groups, some of them at a time; `joint` says that the factor is the only one."""
    return reduce(operator.add, (_sums_of(N, U, half, direction, joint=joint) for N, U in groups.parts()))


def _sums_of(N: Matrices, U: Matrices, half: Matrix, direction: Vector, *, joint: bool) -> _Sums:
    """The sums over these groups; those that several factors do not need are left empty."""
    q, p = len(N), half.shape[1]
    flat = np.ascontiguousarray(N).reshape(q * q, -1)
    c, Y = direction @ U, half.T @ U[:, :-1]
    stacked = Y.reshape(q * p, N.shape[2])
    outer = (stacked @ stacked.T).reshape(q, p, q, p).transpose(0, 2, 1, 3)
    none = np.zeros((0, 0))
    return _Sums(
        N=N.sum(axis=2),
        cc=c @ c.T,
        YY=np.einsum("abii->ab", outer),
        NN=flat @ flat.T,
        YYN=np.einsum("aij,bij->abj", Y, Y).reshape(q * q, -1) @ flat.T if joint else none,
        CN=(c[:, None] * c).reshape(q * q, -1) @ flat.T if joint else none,
        outer=outer.reshape(q * q, p * p) if joint else none,
        pull=(stacked @ c.T).reshape(q, p, q).transpose(0, 2, 1).reshape(q * q, p) if joint else none,
    )


def _exact(sums: _Sums, rho: float, nu: int, *, restricted: bool) -> Matrix:
    """The second derivatives by the elements of the only Psi, (q q, q q), at one sigma."""
    q = len(sums.N)
    weighted = (2.0 * nu / rho) * sums.CN - sums.NN
    if restricted:
        weighted = weighted + 2.0 * sums.YYN
    curvature = _sandwiched(weighted, q)
    if restricted:
        # D(E) is symmetric for a symmetric E: averaged over E and E', so that tr(D D') is a plain product.
        outer = _averaged(sums.outer, q)
        curvature -= outer @ outer.T
    pull = _averaged(sums.pull, q)
    curvature -= (2.0 * nu / rho) * (pull @ pull.T)
    return 0.5 * (curvature + curvature.T)


def _averaged(columns: Matrix, q: int) -> Matrix:
    """(q q, r) with the elements ab and ba averaged."""
    cube = columns.reshape(q, q, -1)
    return 0.5 * (cube + cube.transpose(1, 0, 2)).reshape(q * q, -1)


def _sandwiched(products: Matrix, q: int) -> Matrix:
    """From sum A_ab N_cd, (q q, q q), to the form tr(A E N E') in the elements E_bc, E'_ad of symmetric E, E'."""
    return products.reshape(q, q, q, q).transpose(1, 2, 0, 3).reshape(q * q, q * q)


def _expected(factors: Sequence[_Sums]) -> Matrix:
    """The approximate expectation of the second derivatives, block by block, at one sigma."""
    return block_diag(*(0.5 * (block + block.T) for block in (_sandwiched(own.NN, len(own.N)) for own in factors)))


def by_theta(
    parameters: Parameters, lambdas: Sequence[Matrix], slopes: Sequence[Matrix], curvature: Matrix
) -> tuple[Vector, Matrix]:
    """The gradient (k,) and Hessian (k, k) by theta, from those by the Psi."""
    jacobian = _psi_by_theta(parameters, lambdas)
    hessian: Matrix = jacobian @ curvature @ jacobian.T
    for own, slope in zip(parameters.spans, slopes, strict=True):
        row, column = parameters.row[own], parameters.column[own]
        # d^2 Psi is not zero where two elements of one column of Lambda change.
        hessian[own, own] += 2.0 * slope[row[:, None], row] * (column[:, None] == column)
    return _gradient(jacobian, slopes), hessian


def gradient_by_theta(parameters: Parameters, lambdas: Sequence[Matrix], slopes: Sequence[Matrix]) -> Vector:
    """The gradient (k,) by theta, from the slopes by the Psi (q, q)."""
    return _gradient(_psi_by_theta(parameters, lambdas), slopes)


def _gradient(jacobian: Matrix, slopes: Sequence[Matrix]) -> Vector:
    """The gradient (k,), from the slopes by the Psi (q, q) and those of all their elements by theta, (k, K)."""
    gradient: Vector = jacobian @ np.concatenate([slope.ravel() for slope in slopes])
    return gradient


def _psi_by_theta(parameters: Parameters, lambdas: Sequence[Matrix]) -> Matrix:
    """The derivatives of the elements of all Psi by theta, (k, K)."""
    jacobian, start = np.zeros((parameters.count, sum(root.size for root in lambdas))), 0
    for own, root in zip(parameters.spans, lambdas, strict=True):
        units, scores = np.eye(len(root))[parameters.row[own]], root.T[parameters.column[own]]
        half = units[:, :, None] * scores[:, None]
        jacobian[own, start : start + root.size] = (half + half.transpose(0, 2, 1)).reshape(-1, root.size)
        start += root.size
    return jacobian
