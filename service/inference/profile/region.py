"""The likelihood region: all parameters whose deviance is within a quantile of chi-squared of the least.

The interval of a parameter holds its values in the region (Bates, Mächler, Bolker & Walker 2015, J. Stat. Softw. 67(1),
section 5.1). At fixed ratios of the variances the region is known in closed form: there the deviance is

    value + nu (u + exp(-u) - 1),  u = log(sigma^2 / (rho / nu)),   and   nu log rho + ...  where rho is
    rho + (b - beta_k)^2 / [A_XX^-1]_kk  if the coefficient k is held at b.

Under a restricted likelihood a coefficient is not a parameter. Its interval is that of the likelihood in which the
p - 1 others alone are integrated out, that of y - b x_k restricted for the other columns (Welham & Thompson 1997, J. R.
Stat. Soc. B 59): log|A_XX| + log[A_XX^-1]_kk takes the place of log|A_XX|, and n - p + 1 that of n - p. For a single
coefficient that is the likelihood itself.
"""

import sys
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from service.arrays import Vector
from service.engine import groupwise

LARGEST = sys.float_info.max

STEPS = 8
"""Newton's steps to the ends of a region that is closed in on from nearby: they square the error."""


class Ends(NamedTuple):
    """The ends of an interval; nan where there is none."""

    low: float
    high: float


def drop_of(confidence_level: float) -> float:
    """How far above the least deviance the region reaches: the quantile of chi-squared with one degree of freedom."""
    # By the lower tail, as one less a small tail would be rounded.
    return float(ndtri(0.5 - 0.5 * confidence_level)) ** 2


def log_variances(excess: Vector) -> tuple[Vector, Vector]:
    """The least and the greatest u with u + exp(-u) - 1 <= `excess`, (G,) each; nan where that is negative.

    By Newton's steps from beyond either end, where a convex function is never overshot.
    """
    room = np.where(excess >= 0.0, excess, np.nan)
    root = np.sqrt(2.0 * room)
    low, high = -np.minimum(root, np.log(2.0 + 2.0 * room)), root + room
    for _ in range(STEPS):
        low, high = (u - (u + np.expm1(-u) - room) * groupwise.reciprocal(-np.expm1(-u)) for u in (low, high))
    return low, high


def scaled(logs: Ends, unit: float) -> Ends:
    """The ends of a standard deviation from those of its logarithm, of which one is `unit`."""
    with np.errstate(over="ignore"):
        low, high = (float(np.minimum(np.exp(end) * unit, LARGEST)) for end in logs)
    return Ends(low, high)
