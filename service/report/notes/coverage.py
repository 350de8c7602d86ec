"""How often plug-in intervals of group effects hold with few groups: results of `benchmarks/few_groups.py`.

How often depends on how many groups there are, and on how much of a group's estimate is its own: with a weight of 0.9
a group hardly needs the others, and the variance between them may be badly known. The simulation has groups of five
rows and 20,000 data sets for each entry; the Monte Carlo error of each figure is at most 0.004.
"""

from bisect import bisect_right

import numpy as np

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 0.9)
"""The weights of a group's own mean, one for each column."""

COVERAGE = {
    2: ((0.25, 0.65), (0.32, 0.58), (0.40, 0.50), (0.52, 0.37), (0.65, 0.24)),
    3: ((0.31, 0.60), (0.40, 0.51), (0.51, 0.38), (0.66, 0.22), (0.79, 0.09)),
    4: ((0.34, 0.58), (0.45, 0.46), (0.58, 0.31), (0.74, 0.14), (0.86, 0.04)),
    5: ((0.36, 0.57), (0.48, 0.43), (0.62, 0.27), (0.79, 0.09), (0.89, 0.02)),
    6: ((0.38, 0.56), (0.51, 0.40), (0.66, 0.23), (0.83, 0.06), (0.91, 0.01)),
    7: ((0.39, 0.56), (0.53, 0.39), (0.69, 0.20), (0.85, 0.04), (0.92, 0.00)),
    8: ((0.40, 0.56), (0.54, 0.37), (0.71, 0.17), (0.87, 0.03), (0.92, 0.00)),
    9: ((0.41, 0.55), (0.56, 0.36), (0.73, 0.15), (0.88, 0.02), (0.93, 0.00)),
    10: ((0.42, 0.55), (0.57, 0.34), (0.75, 0.13), (0.89, 0.02), (0.93, 0.00)),
    12: ((0.43, 0.54), (0.60, 0.31), (0.78, 0.10), (0.91, 0.01), (0.94, 0.00)),
    15: ((0.43, 0.54), (0.63, 0.28), (0.82, 0.07), (0.92, 0.00), (0.94, 0.00)),
    18: ((0.44, 0.53), (0.65, 0.26), (0.84, 0.06), (0.93, 0.00), (0.94, 0.00)),
}
"""Number of groups -> coverage of 95% intervals, mean over groups, and share of data sets with an estimate of 0."""

NUMBERS = tuple(COVERAGE)


def coverage_of(n_groups: int, weight: float) -> tuple[float, float]:
    """The coverage, and share at 0, for the largest number of groups tried that is not above `n_groups`.

    Between the weights tried it is interpolated; above the last it is that of the last, and a little too low.
    """
    columns = np.array(COVERAGE[NUMBERS[bisect_right(NUMBERS, n_groups) - 1]]).T
    covered, at_zero = (float(np.interp(weight, WEIGHTS, column)) for column in columns)
    return covered, at_zero
