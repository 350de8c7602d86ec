"""At which level a predictor varies: between the groups of which factor."""

from collections.abc import Iterable

import numpy as np

from service.arrays import Vector
from service.design import Grouping

ROUNDING = 1e-12
"""Difference within a group, relative to the largest value, that is rounding, as of group means."""


def is_constant_within(parts: Iterable[tuple[Vector, Grouping]]) -> bool:
    """Whether a column does not vary within any group; it comes in parts, some rows (n,) with their groups each."""
    of_group, apart, largest = np.empty(0), 0.0, 0.0
    for values, grouping in parts:
        if not of_group.size:
            of_group = np.full(len(grouping.levels), np.nan)
        fresh = np.isnan(of_group[grouping.codes])
        of_group[grouping.codes[fresh]] = values[fresh]
        apart = max(apart, float(np.abs(of_group[grouping.codes] - values).max(initial=0.0)))
        largest = max(largest, float(np.abs(values).max(initial=0.0)))
    return apart <= ROUNDING * largest
