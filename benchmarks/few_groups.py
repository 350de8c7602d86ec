"""Coverage of plug-in intervals of group effects with few groups: the table in service/report/notes/coverage.py.

Run: python -m benchmarks.few_groups
"""

import numpy as np

from service.arrays import Vector
from service.design import Coding, Design, Grouping, RandomEffect
from service.engine import fit

GROUP_SD, RESIDUAL_SD, ROWS = 0.33, 0.76, 5
NUMBERS_OF_GROUPS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18)
DATA_SETS = 4000
Z = 1.959963984540054


def one_way(y: Vector, n_groups: int) -> Design:
    """The design of y ~ 1 + (1 | g), with groups in blocks of `ROWS`."""
    grouping = Grouping("g", np.repeat(np.arange(n_groups), ROWS), tuple(map(str, range(n_groups))))
    ones = np.ones((y.size, 1), order="F")
    effect = RandomEffect(grouping, ("(Intercept)",), ones, True)
    return Design(
        formula="y ~ 1 + (1 | g)",
        response="y",
        names=("(Intercept)",),
        intercept=True,
        X=ones,
        y=y,
        weights=None,
        offset=None,
        random=(effect,),
        rows=np.arange(y.size),
        n_dropped=0,
        coding=Coding({}, {}),
    )


def simulate(n_groups: int, random: np.random.Generator) -> tuple[float, float]:
    """Coverage of mean + effect +- 1.96 standard errors of the effect, and the share of variances estimated as 0."""
    covered = at_zero = 0.0
    for _ in range(DATA_SETS):
        alpha = GROUP_SD * random.standard_normal(n_groups)
        y = np.repeat(alpha, ROWS) + RESIDUAL_SD * random.standard_normal(n_groups * ROWS)
        estimates = fit(one_way(y, n_groups)).estimates
        error = estimates.beta[0] + estimates.effects - alpha
        covered += float(np.mean(np.abs(error) <= Z * estimates.effect_sd))
        at_zero += estimates.group_sd == 0.0
    return covered / DATA_SETS, at_zero / DATA_SETS


if __name__ == "__main__":
    generator = np.random.default_rng(12)
    for number in NUMBERS_OF_GROUPS:
        print("    {}: ({:.2f}, {:.2f}),".format(number, *simulate(number, generator)))
