"""Second derivatives of the witness' deviance, in 60 digits: what lmerTest differentiates in 16."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from service.arrays import Matrix, Vector
from service.design import Design
from tests.oracle import digits, solve

STEP = Decimal("1e-12")

Function = Callable[[Decimal, Decimal], list[Decimal]]


def covariance_of_variances(design: Design, theta: float, sigma: float, *, restricted: bool) -> Matrix:
    """Twice the inverse Hessian (2, 2) of the deviance by (log phi, log sigma^2), sigma not profiled out."""

    def deviance(log_phi: Decimal, log_variance: Decimal) -> list[Decimal]:
        return [solve(design, log_phi.exp()).deviance(restricted, log_variance)]

    with digits():
        at = _logs(theta, sigma)
        hessian = [[_second(deviance, at, a, b) for b in (0, 1)] for a in (0, 1)]
    covariance: Matrix = 2.0 * np.linalg.inv(np.array(hessian))
    return covariance


def satterthwaite(design: Design, theta: float, sigma: float, *, restricted: bool) -> Vector:
    """2 V^2 / Var(V) for the variance V of each coefficient, by the delta method (Satterthwaite 1946)."""

    def log_variances(log_phi: Decimal, log_variance: Decimal) -> list[Decimal]:
        inverse = solve(design, log_phi.exp()).inverse()
        return [(log_variance.exp() * inverse[k][k]).ln() for k in range(len(inverse))]

    with digits():
        low, high = _logs(theta, sigma)
        by_phi = _difference(log_variances(low + STEP, high), log_variances(low - STEP, high))
        by_sigma = _difference(log_variances(low, high + STEP), log_variances(low, high - STEP))
    gradient = np.column_stack([by_phi, by_sigma])
    covariance = covariance_of_variances(design, theta, sigma, restricted=restricted)
    df: Vector = 2.0 / np.einsum("ka,ab,kb->k", gradient, covariance, gradient)
    return df


def _logs(theta: float, sigma: float) -> tuple[Decimal, Decimal]:
    return 2 * Decimal(theta).ln(), 2 * Decimal(sigma).ln()


def _difference(after: list[Decimal], before: list[Decimal]) -> list[float]:
    return [float((a - b) / (2 * STEP)) for a, b in zip(after, before, strict=True)]


def _second(function: Function, at: tuple[Decimal, Decimal], a: int, b: int) -> float:
    """The mixed central difference of a function's first value."""

    def value(i: int, j: int) -> Decimal:
        moved = list(at)
        moved[a] += i * STEP
        moved[b] += j * STEP
        return function(*moved)[0]

    return float((value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / (4 * STEP**2))
