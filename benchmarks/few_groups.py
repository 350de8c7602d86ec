"""Coverage of plug-in intervals of group effects with few groups: the table in service/report/notes/coverage.py.

Run: python -m benchmarks.few_groups
"""

import numpy as np

from benchmarks.columns import labelled
from service.arrays import Vector
from service.data import Categorical, Numeric, Table
from service.design import make_design
from service.engine import fit
from service.formula import read

GROUP_SD, RESIDUAL_SD, ROWS = 0.33, 0.76, 5
NUMBERS_OF_GROUPS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18)
DATA_SETS = 4000
Z = 1.959963984540054
FORMULA = read("y ~ 1 + (1 | g)", ["y", "g"])


def simulate(n_groups: int, random: np.random.Generator) -> tuple[float, float]:
    """Coverage of mean + effect +- 1.96 standard errors of the effect, and the share of variances estimated as 0."""
    covered = at_zero = 0.0
    groups = labelled(np.repeat(np.arange(n_groups), ROWS))
    for _ in range(DATA_SETS):
        alpha = GROUP_SD * random.standard_normal(n_groups)
        y = np.repeat(alpha, ROWS) + RESIDUAL_SD * random.standard_normal(n_groups * ROWS)
        estimates = fit(make_design(FORMULA, table(y, groups))).estimates
        [factor] = estimates.factors
        error = estimates.beta[0] + factor.effects[0] - alpha
        covered += float(np.mean(np.abs(error) <= Z * factor.effect_sd[0]))
        at_zero += float(factor.sd[0] == 0.0)
    return covered / DATA_SETS, at_zero / DATA_SETS


def table(y: Vector, groups: Categorical) -> Table:
    """One response and its groups."""
    return Table({"y": Numeric(y), "g": groups}, y.size)


if __name__ == "__main__":
    generator = np.random.default_rng(12)
    for number in NUMBERS_OF_GROUPS:
        print("    {}: ({:.2f}, {:.2f}),".format(number, *simulate(number, generator)))
