"""Mixtures of t distributions, where sigma is averaged over in closed form (variance_nodes.py): their quantiles."""

import math

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from service.arrays import Flags, Matrix, Vector

NEARLY_NORMAL = 1e6
"""Degrees of freedom from which t is the normal distribution to five digits of its far tails."""

MOST_STEPS = 60
"""Halvings of a bracket, by which it shrinks to its rounding."""

CLOSE = 1e-9
"""Share of a probability that is no error."""


def mixture_quantiles(centres: Matrix, scales: Matrix, shares: Vector, df: float, probability: float) -> Vector:
    """The quantiles (m,) of mixtures of K t distributions with `centres` and `scales` (m, K) and `shares` (K,).

    A scale of 0 is a point. Newton's steps within the bracket that the components' own quantiles are; halving where a
    step leaves it.
    """
    own = centres + scales * float(stdtrit(min(df, NEARLY_NORMAL), probability))
    low, high = own.min(axis=1), own.max(axis=1)
    found = own @ shares
    left = np.flatnonzero(high > low)
    for _ in range(MOST_STEPS):
        place = found[left]
        below, density = _probabilities(centres[left], scales[left], shares, df, place)
        apart = below - probability
        far = np.abs(apart) > CLOSE * probability
        left, place, apart, density = left[far], place[far], apart[far], density[far]
        if not left.size:
            break
        high[left] = np.where(apart > 0, place, high[left])
        low[left] = np.where(apart > 0, low[left], place)
        step = place - np.divide(apart, density, out=np.full_like(apart, np.inf), where=density > 0)
        inside: Flags = (step > low[left]) & (step < high[left])
        found[left] = np.where(inside, step, 0.5 * (low[left] + high[left]))
    return found


def _probabilities(centres: Matrix, scales: Matrix, shares: Vector, df: float, at: Vector) -> tuple[Vector, Vector]:
    """The distribution functions (m,) of the mixtures at these places, and their densities."""
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales > 0)
    apart = at[:, None] - centres
    # Around a point it is 0 before, 1 behind.
    z = np.where(scales > 0, apart * inverse, np.copysign(np.inf, apart))
    if df >= NEARLY_NORMAL:
        return ndtr(z) @ shares, (np.exp(-0.5 * z * z) * inverse) @ shares / math.sqrt(2.0 * math.pi)
    height = math.exp(math.lgamma(0.5 * (df + 1.0)) - math.lgamma(0.5 * df)) / math.sqrt(df * math.pi)
    density = np.exp(-0.5 * (df + 1.0) * np.log1p(z * z / df))
    return stdtr(df, z) @ shares, height * (density * inverse) @ shares
