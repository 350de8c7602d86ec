"""The distribution of a quadratic form in normal variables, by inverting its characteristic function.

For Q = sum_k lambda_k chi^2(h_k) (Imhof 1961, Biometrika 48, eqs. 3.2 and 3.3, at 0):

    P(Q <= 0) = 1/2 - 1/pi int_0^inf sin(phase(u)) / (u modulus(u)) du,
    phase = 1/2 sum h_k atan(lambda_k u),   log modulus = 1/4 sum h_k log(1 + lambda_k^2 u^2).

With u = exp(t - exp(-t)) the integrand dies at both ends faster than exponentially and is analytic beside the line, so
that the trapezoidal rule converges geometrically: its step is halved until nothing changes.
"""

import math

import numpy as np

from service.arrays import Vector

FIRST, LAST = -4.0, 100.0
"""Where t begins, below which u is less than 1e-25, and where it ends at the latest."""

NOTHING = 40.0
"""Logarithm of the modulus from which the integrand is below 1e-17."""

STEP, HALVINGS, SETTLED = 0.25, 16, 1e-13
"""The first step, how often it may be halved, and the change of the probability below which it need not be."""


def probability_below_zero(coefficients: Vector, degrees: Vector) -> float:
    """P(sum_k lambda_k chi^2(h_k) <= 0) for coefficients lambda (K,) not all 0 and degrees of freedom h (K,)."""
    if not (coefficients > 0).any() or not (coefficients < 0).any():
        return float(not (coefficients > 0).any())
    scaled = coefficients / math.sqrt(float(degrees @ coefficients**2))
    end, step = _end(scaled, degrees), STEP
    area = step * _sum(np.arange(FIRST, end, step), scaled, degrees)
    for _ in range(HALVINGS):
        # The points between those that are known.
        refined = 0.5 * (area + step * _sum(np.arange(FIRST + 0.5 * step, end, step), scaled, degrees))
        change, area, step = abs(refined - area), refined, 0.5 * step
        if change < SETTLED:
            break
    return min(max(0.5 - area / math.pi, 0.0), 1.0)


def _end(coefficients: Vector, degrees: Vector) -> float:
    """The t from which the modulus makes the integrand vanish."""
    ends = np.arange(0.0, LAST, 0.5)
    u = np.exp(ends - np.exp(-ends))
    logs = 0.25 * np.log1p((coefficients[:, None] * u) ** 2).T @ degrees
    return float(ends[np.flatnonzero(logs > NOTHING)[0]]) if (logs > NOTHING).any() else LAST


def _sum(points: Vector, coefficients: Vector, degrees: Vector) -> float:
    """The sum of the integrand at points t (T,)."""
    falling = np.exp(-points)
    turned = coefficients[:, None] * np.exp(points - falling)
    phase = 0.5 * (degrees @ np.arctan(turned))
    log_modulus = 0.25 * (degrees @ np.log1p(turned**2))
    return float(np.sin(phase) @ (np.exp(-log_modulus) * (1.0 + falling)))
