"""How often plug-in intervals of group effects hold with few groups: results of `benchmarks/few_groups.py`.

The simulation has groups of five rows, a standard deviation of 0.33 between groups and 0.76 within (the radon
survey's), and 4,000 data sets for each number of groups; the Monte Carlo error of each figure is at most 0.01.
"""

COVERAGE = {
    2: (0.39, 0.51),
    3: (0.51, 0.38),
    4: (0.55, 0.34),
    5: (0.61, 0.28),
    6: (0.67, 0.22),
    7: (0.68, 0.20),
    8: (0.70, 0.19),
    9: (0.72, 0.16),
    10: (0.74, 0.14),
    12: (0.77, 0.12),
    15: (0.81, 0.08),
    18: (0.83, 0.06),
}
"""Number of groups -> coverage of 95% intervals, mean over groups, and share of data sets with an estimate of 0."""


def coverage_of(n_groups: int) -> tuple[float, float]:
    """The simulated coverage, and share at 0, for the largest number of groups tried that is not above `n_groups`."""
    return COVERAGE[max(tried for tried in COVERAGE if tried <= n_groups)]
