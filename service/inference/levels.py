"""At which level a predictor varies: between the groups of which factor."""

import numpy as np

from service.arrays import Vector
from service.design import Grouping

ROUNDING = 1e-12
"""Difference within a group, relative to the largest value, that is rounding, as of group means."""


def is_constant_within(values: Vector, grouping: Grouping) -> bool:
    """Whether a column (n,) does not vary within any group."""
    of_group = np.empty(len(grouping.levels))
    of_group[grouping.codes] = values
    apart = np.abs(of_group[grouping.codes] - values).max(initial=0.0)
    return bool(apart <= ROUNDING * np.abs(values).max(initial=0.0))
