"""Where the least deviance of a parameter that is held crosses the level of the region."""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

NEAR = 1e-9
"""How near to a crossing is near enough."""

STRIDES = 3
"""In how many strides the way to the end of a range is gone, so that each begins near the one before."""

LENGTHENINGS = 60
"""How often a stride is doubled before a parameter counts as without bound."""

Held = Callable[[float], float]
"""The least deviance with the parameter held at a value."""


def crossing_before(held: Held, estimate: float, bound: float, least: float, drop: float) -> float:
    """The farthest value from the estimate, on the way to a bound, that is in the region; the bound if that is."""
    points = np.linspace(estimate, bound, STRIDES + 1).tolist()
    within = [True] + [_height(held, point, least, drop) <= 0.0 for point in points[1:]]
    last = max(k for k, is_within in enumerate(within) if is_within)
    return bound if last == STRIDES else _root(held, points[last], points[last + 1], least, drop)


def crossing_beyond(held: Held, estimate: float, stride: float, least: float, drop: float) -> float:
    """The first value, `stride` and then ever farther from the estimate, at which the region ends; nan if none does."""
    inside, outside = estimate, estimate + stride
    for _ in range(LENGTHENINGS):
        if _height(held, outside, least, drop) > 0.0:
            return _root(held, inside, outside, least, drop)
        stride *= 2.0
        inside, outside = outside, outside + stride
    return math.nan


def _root(held: Held, inside: float, outside: float, least: float, drop: float) -> float:
    return float(brentq(lambda value: _height(held, value, least, drop), inside, outside, xtol=NEAR))


def _height(held: Held, value: float, least: float, drop: float) -> float:
    """How far beyond the level a value is, in units in which a deviance that is quadratic is straight."""
    return math.sqrt(max(held(value) - least, 0.0)) - math.sqrt(drop)
