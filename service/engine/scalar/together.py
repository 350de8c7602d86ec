"""The optima of many responses of the same groups and columns at once, each found as `optimum.py` finds one.

The grid over all of phi >= 0 is the same for all responses, and so are the factors of A_XX on it: a scan costs a few
products of matrices for each of its points. Newton's steps are taken together, each response at its own phi. Notation
as in criterion.py; y is less X beta and in units of sigma (responses.py).
"""

import sys
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.engine.profile import whiten
from service.engine.scalar.optimum import FLAT, GRID, LARGEST, LAST_STEP, SMALLEST, STEPS, TOLERANCE
from service.engine.scalar.responses import Columns, Responses


@dataclass(frozen=True, slots=True)
class Evaluations:
    """The criteria of C responses, each at its own phi (C,).

    `value`, less what no phi changes, `slope` and `curvature` (C,), the derivatives by phi; `beta` (C, p) and `rho`
    (C,), the residual sum of squares.
    """

    phi: Vector
    value: Vector
    slope: Vector
    curvature: Vector
    beta: Matrix
    rho: Vector


@dataclass(frozen=True, slots=True)
class Optima:
    """Where the criteria of R responses are least.

    `phi` (R,), `beta` (R, p), `rho` (R,); `drop` (R,) is by how much each criterion is lower there than at phi = 0.
    """

    phi: Vector
    beta: Matrix
    rho: Vector
    drop: Vector
    converged: Flags


@dataclass(frozen=True, slots=True)
class Criteria:
    """The deviance, REML if `restricted`, of every response; `nu` are the degrees of freedom that profile sigma."""

    restricted: bool
    nu: int
    columns: Columns

    def slopes(self, phis: Vector, responses: Responses) -> Matrix:
        """The slopes by phi of all responses at the same values of phi, (R, G)."""
        return np.stack([self._slopes_at(phi, responses) for phi in phis.tolist()], axis=1)

    def _slopes_at(self, phi: float, responses: Responses) -> Vector:
        """The slopes at one phi, (R,): in coordinates in which A_XX is the identity."""
        own, y = self.columns, responses.means
        lam, spare = own.weights / (1.0 + phi * own.weights), own.spare_weights / (1.0 + phi * own.spare_weights)
        R, _ = whiten(own.within + (own.means.T * lam) @ own.means)
        X = own.means @ R.T
        pull = responses.cross @ R.T + y @ (X * lam[:, None])
        squares = responses.squares + (y * y) @ lam + responses.spare_squares @ spare
        rho = np.maximum(squares - (pull * pull).sum(axis=1), sys.float_info.min)
        inner, against = (X.T * lam**2) @ X, y @ (X * lam[:, None] ** 2)
        left = ((pull @ inner - 2.0 * against) * pull).sum(axis=1)
        rho_slope = -(left + (y * y) @ lam**2 + responses.spare_squares @ spare**2)
        pooled = float(lam.sum() + own.spare_counts @ spare) - (float(inner.trace()) if self.restricted else 0.0)
        slopes: Vector = pooled + self.nu * rho_slope / rho
        return slopes

    def at(self, phi: Vector, responses: Responses) -> Evaluations:
        """The criterion of each response at its own phi (C,), with its derivatives."""
        own = self.columns
        lam = own.weights / (1.0 + phi[:, None] * own.weights)
        spare = own.spare_weights / (1.0 + phi[:, None] * own.spare_weights)
        A = self._products(responses, lam, spare) + self._within(responses)
        A1, A2 = -self._products(responses, lam**2, spare**2), 2.0 * self._products(responses, lam**3, spare**3)
        R, log_determinant = _whiten_all(A[:, :-1, :-1])
        beta = np.einsum("cki,ckl,cl->ci", R, R, A[:, :-1, -1])
        turn = np.zeros_like(A)
        turn[:, :-1, :-1], turn[:, -1, :-1], turn[:, -1, -1] = R, -beta, 1.0
        back = turn.transpose(0, 2, 1)
        rho = np.maximum(np.einsum("ci,cij,cj->c", turn[:, -1], A, turn[:, -1]), sys.float_info.min)
        W, W2 = turn @ A1 @ back, np.einsum("cij,cij->ci", turn @ A2, turn)
        inner, pull = W[:, :-1, :-1], W[:, -1, :-1]
        rho1 = W[:, -1, -1] / rho
        rho2 = (W2[:, -1] - 2.0 * (pull * pull).sum(axis=1)) / rho
        value = np.log1p(phi[:, None] * own.weights).sum(axis=1)
        value += np.log1p(phi[:, None] * own.spare_weights) @ own.spare_counts + self.nu * np.log(rho)
        first, second = lam.sum(axis=1) + spare @ own.spare_counts, (lam**2).sum(axis=1) + spare**2 @ own.spare_counts
        if self.restricted:
            value += log_determinant
            first += np.trace(inner, axis1=1, axis2=2)
            second -= W2[:, :-1].sum(axis=1) - (inner * inner).sum(axis=(1, 2))
        slope, curvature = first + self.nu * rho1, self.nu * (rho2 - rho1 * rho1) - second
        return Evaluations(phi, value, slope, curvature, beta, rho)

    def _products(self, responses: Responses, power: Matrix, spare_power: Matrix) -> Matrices:
        """The sum over groups of power_j (x_j, y_j)(x_j, y_j)' for each response, (C, m, m)."""
        C, (K, p) = len(power), self.columns.means.shape
        D = np.empty((C, p + 1, K))
        D[:, :-1], D[:, -1] = self.columns.means.T, responses.means
        total: Matrices = (D * power[:, None, :]) @ D.transpose(0, 2, 1)
        total[:, -1, -1] += (responses.spare_squares * spare_power).sum(axis=1)
        return total

    def _within(self, responses: Responses) -> Matrices:
        """S of each response, (C, m, m)."""
        C, p = responses.cross.shape
        S = np.empty((C, p + 1, p + 1))
        S[:, :-1, :-1] = self.columns.within
        S[:, -1, :-1] = S[:, :-1, -1] = responses.cross
        S[:, -1, -1] = responses.squares
        return S


def _whiten_all(A: Matrices) -> tuple[Matrices, Vector]:
    """R (C, p, p), lower triangular, with R A R' = I, and log|A| (C,), of positive definite A (C, p, p)."""
    size = np.sqrt(np.diagonal(A, axis1=1, axis2=2))
    root = np.linalg.cholesky(A / (size[:, :, None] * size[:, None, :]))
    diagonal = np.diagonal(root, axis1=1, axis2=2) * size
    R: Matrices = np.linalg.inv(root) / size[:, None, :]
    return R, 2.0 * np.log(diagonal).sum(axis=1)


def minimise_together(criteria: Criteria, responses: Responses) -> Optima:
    """The global minimum over phi >= 0 of the criterion of each response."""
    phis = _grid(criteria.columns)
    slopes = criteria.slopes(phis, responses)
    groups = criteria.columns.weights.size + float(criteria.columns.spare_counts.sum())
    flat = np.abs(phis * slopes).max(axis=1) < FLAT * groups
    which, places = np.nonzero((slopes[:, :-1] < 0) & (slopes[:, 1:] >= 0) & ~flat[:, None])
    low, high = phis[places], phis[places + 1]
    inner = _newton(criteria, responses.take(which), low, high)
    at_zero = criteria.at(np.zeros(len(slopes)), responses)
    return _least(at_zero, flat, inner, which)


def _grid(columns: Columns) -> Vector:
    """The phi from which no group is pooled to that from which every group is."""
    weights = np.concatenate([columns.weights, columns.spare_weights])
    low, high = SMALLEST / weights.max(), LARGEST / weights.min()
    grid: Vector = low * (high / low) ** GRID
    return grid


def _newton(criteria: Criteria, responses: Responses, low: Vector, high: Vector) -> Evaluations:
    """The minima between falling and rising points (C,): Newton's steps, bisection where they leave the bracket."""
    low, high = low.copy(), high.copy()
    phi = np.where(low > 0, np.sqrt(low * high), 0.5 * high)
    moving = np.arange(phi.size)
    for _ in range(STEPS):
        if not moving.size:
            break
        at = criteria.at(phi[moving], responses.take(moving))
        falling = at.slope < 0
        low[moving[falling]], high[moving[~falling]] = at.phi[falling], at.phi[~falling]
        target = at.phi - at.slope / np.where(at.curvature > 0, at.curvature, np.nan)
        sure = np.abs(target - at.phi) <= LAST_STEP * at.phi
        inside = (target > low[moving]) & (target < high[moving])
        phi[moving] = np.where(inside, target, np.where(sure, at.phi, 0.5 * (low[moving] + high[moving])))
        moving = moving[~sure]
    return criteria.at(phi, responses)


def _least(at_zero: Evaluations, flat: Flags, inner: Evaluations, which: Codes) -> Optima:
    """The lowest of each response's minima, zero among them; `which` (C,) says whose each of the inner ones is."""
    order = np.lexsort((inner.value, which))
    owners, firsts = np.unique(which[order], return_index=True)
    best = order[firsts]
    falls = at_zero.slope < 0
    better = falls[owners] | (inner.value[best] < at_zero.value[owners])
    owners, best = owners[better], best[better]
    phi, beta, rho = at_zero.phi.copy(), at_zero.beta.copy(), at_zero.rho.copy()
    phi[owners], beta[owners], rho[owners] = inner.phi[best], inner.beta[best], inner.rho[best]
    drop, converged = np.zeros(phi.size), flat | ~falls
    drop[owners] = np.maximum(at_zero.value[owners] - inner.value[best], 0.0)
    converged[owners] = _distances(inner)[best] < TOLERANCE
    return Optima(phi, beta, rho, drop, converged)


def _distances(at: Evaluations) -> Vector:
    """How many standard errors of theta away the stationary points are, (C,); inf where there is no minimum."""
    slope = at.phi * at.slope
    curvature = at.phi**2 * at.curvature + slope
    minimum = curvature > 0
    return np.where(minimum, np.abs(slope) / np.sqrt(2.0 * np.where(minimum, curvature, 1.0)), np.inf)
