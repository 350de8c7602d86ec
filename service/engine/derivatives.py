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

from collections.abc import Sequence

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.random_factors import Parameters


def slopes_by_psi(
    factors: Sequence[tuple[Matrices, Matrices]],
    inverse: Matrix,
    direction: Vector,
    rho: float,
    nu: int,
    *,
    restricted: bool,
) -> tuple[list[Matrix], Matrix]:
    """The derivatives by each Psi_f (q, q), and the second ones, (K, K) for the K = sum q^2 elements of all Psi.

    `factors` are the (N, U) of each factor, `inverse` A_XX^-1, `direction` (-beta, 1).
    """
    half = np.linalg.cholesky(inverse) if restricted else None
    slopes, informations, shares = [], [], []
    for N, U in factors:
        q, m, groups = U.shape
        c = np.einsum("amj,m->aj", U, direction)
        Y = None if half is None else np.einsum("amj,mi->aij", U[:, :-1], half)
        squares = c @ c.T
        slope = N.sum(axis=2) - (nu / rho) * squares
        if Y is not None:
            flat = Y.reshape(q, -1)
            slope -= flat @ flat.T
        slopes.append(slope)
        if len(factors) == 1:
            return slopes, _exact(N, Y, U, c, inverse, rho, nu)
        flat_N = N.reshape(q * q, groups)
        informations.append(_sandwiched(flat_N @ flat_N.T, q))
        shares.append(squares.ravel() / rho)
    return slopes, _expected(informations, np.concatenate(shares), nu)


def _exact(
    N: Matrices, Y: Matrices | None, U: Matrices, c: Matrix, inverse: Matrix, rho: float, nu: int
) -> Matrix:
    """The second derivatives by the elements of the only Psi, (q q, q q)."""
    q, m, groups = U.shape
    weight = (2.0 * nu / rho) * c[:, None] * c - N
    if Y is not None:
        weight = weight + 2.0 * np.einsum("aij,bij->abj", Y, Y)
        own = Y
    else:
        own = np.einsum("amj,mi->aij", U[:, :-1], np.linalg.cholesky(inverse))
    curvature = _sandwiched(weight.reshape(q * q, groups) @ N.reshape(q * q, groups).T, q)
    p = m - 1
    if Y is not None:
        flat = Y.reshape(q * p, groups)
        outer = (flat @ flat.T).reshape(q, p, q, p).transpose(0, 2, 1, 3).reshape(q * q, p * p)
        # D(E) is symmetric for a symmetric E: averaged over E and E', so that tr(D D') is a plain product.
        outer = 0.5 * (outer + outer.reshape(q, q, p * p).transpose(1, 0, 2).reshape(q * q, p * p))
        curvature -= outer @ outer.T
    pull = np.einsum("aij,bj->abi", own, c)
    pull = 0.5 * (pull + pull.transpose(1, 0, 2)).reshape(q * q, p)
    share = (c @ c.T).ravel() / rho
    curvature -= (2.0 * nu / rho) * (pull @ pull.T) + nu * np.outer(share, share)
    return 0.5 * (curvature + curvature.T)


def _sandwiched(products: Matrix, q: int) -> Matrix:
    """From sum A_ab N_cd, (q q, q q), to the form tr(A E N E') in the elements E_bc, E'_ad of symmetric E, E'."""
    return products.reshape(q, q, q, q).transpose(1, 2, 0, 3).reshape(q * q, q * q)


def _expected(informations: list[Matrix], share: Vector, nu: int) -> Matrix:
    """The approximate expectation of the second derivatives, block by block, less what sigma takes up."""
    curvature = -nu * np.outer(share, share)
    start = 0
    for block in informations:
        own = slice(start, start + len(block))
        curvature[own, own] += 0.5 * (block + block.T)
        start += len(block)
    return curvature


def by_theta(
    parameters: Parameters, lambdas: Sequence[Matrix], slopes: Sequence[Matrix], curvature: Matrix
) -> tuple[Vector, Matrix]:
    """The gradient (k,) and Hessian (k, k) by theta, from those by the Psi."""
    k = parameters.count
    starts = np.cumsum([0, *(q * q for q in parameters.sizes)])
    gradient, jacobian, hessian = np.empty(k), np.zeros((k, len(curvature))), np.zeros((k, k))
    places = zip(parameters.factor.tolist(), parameters.row.tolist(), parameters.column.tolist(), strict=True)
    triples = list(places)
    for i, (f, r, c) in enumerate(triples):
        column = lambdas[f][:, c]
        gradient[i] = 2.0 * float(slopes[f][r] @ column)
        change = np.zeros((len(column), len(column)))
        change[r] += column
        change[:, r] += column
        jacobian[i, starts[f] : starts[f + 1]] = change.ravel()
        for j, (other, row, col) in enumerate(triples[: i + 1]):
            if other == f and col == c:
                hessian[i, j] = hessian[j, i] = 2.0 * slopes[f][r, row]
    return gradient, hessian + jacobian @ curvature @ jacobian.T
