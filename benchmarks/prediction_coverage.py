"""Coverage of the intervals of predictions, with the variances taken as known and with their uncertainty counted.

Run: python -m benchmarks.prediction_coverage
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.columns import labelled
from benchmarks.table import head, row
from service.arrays import Vector
from service.data import Numeric, Table
from service.design import make_design
from service.engine import Fit, fit, joint_error
from service.formula import read
from service.inference import Errors, NewGroups, NewRows, variance_nodes
from service.inference.prediction_errors import standard_errors
from service.inference.uncertain_variances import uncertain_intervals

GROUP_SD, RESIDUAL_SD, ROWS = 0.33, 0.76, 5
NUMBERS_OF_GROUPS = (5, 10, 30)
DATA_SETS = 1000
LEVEL, Z = 0.95, 1.959963984540054
FORMULA = read("y ~ x + (1 | g)", ["y", "x", "g"])
BETA = np.array([1.5, -0.7])
Intervals = Callable[[bool], tuple[Vector, Vector]]
"""The ends of the intervals of all rows, of observations if so asked, otherwise of their means."""

TITLES = ("mean of a known group", "mean of a new group", "observation in a new group")


def simulate(n_groups: int, random: np.random.Generator) -> Vector:
    """The coverage of the three intervals with the variances taken as known, and then with them not, (6,)."""
    groups = labelled(np.repeat(np.arange(n_groups), ROWS))
    covered = []
    for _ in range(DATA_SETS):
        alpha = GROUP_SD * random.standard_normal(n_groups)
        x = random.standard_normal(n_groups * ROWS)
        y = BETA[0] + BETA[1] * x + alpha[groups.codes] + RESIDUAL_SD * random.standard_normal(x.size)
        made = fit(make_design(FORMULA, Table({"y": Numeric(y), "x": Numeric(x), "g": groups}, x.size)))
        rows, truth = predicted_rows(alpha, random)
        covered.append([share for how in (plugged_in, uncertain) for share in inside(how(made, rows), truth)])
    return np.array(np.mean(covered, axis=0), dtype=np.float64)


def predicted_rows(alpha: Vector, random: np.random.Generator) -> tuple[NewRows, list[Vector]]:
    """A row in each known group, as many in new ones; the means of both, and observations of the latter."""
    n_groups = alpha.size
    x = random.standard_normal(2 * n_groups)
    effects = np.concatenate([alpha, GROUP_SD * random.standard_normal(n_groups)])
    means = BETA[0] + BETA[1] * x + effects
    codes = np.concatenate([np.arange(n_groups), np.full(n_groups, -1)])
    rows = NewRows(
        np.column_stack([np.ones(x.size), x]), None, (NewGroups(codes, np.ones((x.size, 1)), n_groups),), None
    )
    observed = means[n_groups:] + RESIDUAL_SD * random.standard_normal(n_groups)
    return rows, [means[:n_groups], means[n_groups:], observed]


def inside(intervals: Intervals, truth: list[Vector]) -> Iterator[float]:
    """The share of each truth that lies in its interval."""
    (low, high), (low_seen, high_seen) = (intervals(of_observations) for of_observations in (False, True))
    known, new, observed = truth
    n_groups = known.size
    for true, ends in (
        (known, (low[:n_groups], high[:n_groups])),
        (new, (low[n_groups:], high[n_groups:])),
        (observed, (low_seen[n_groups:], high_seen[n_groups:])),
    ):
        yield float(np.mean((ends[0] <= true) & (true <= ends[1])))


def plugged_in(made: Fit, rows: NewRows) -> Intervals:
    """The intervals that take the variances as known."""
    estimates = made.estimates
    (factor,) = estimates.factors
    unbounded = np.zeros(estimates.beta.size, dtype=np.bool_)
    errors = Errors(estimates.error_root, unbounded, (factor.spread,), joint_error(estimates, 0))
    error = standard_errors(errors, rows, conditional=True, of_groups=True)
    centre = rows.X @ estimates.beta + np.append(factor.effects[0], 0.0)[rows.groups[0].codes]

    def intervals(of_observations: bool) -> tuple[Vector, Vector]:
        half = Z * (np.hypot(error, estimates.sigma) if of_observations else error)
        return centre - half, centre + half

    return intervals


def uncertain(made: Fit, rows: NewRows) -> Intervals:
    """The intervals that count how little they are known."""
    nodes = variance_nodes(made)
    if nodes is None:
        raise ValueError("the variances have no posterior")
    return lambda of_observations: uncertain_intervals(
        nodes, rows, conditional=True, of_observations=of_observations, confidence_level=LEVEL
    )


if __name__ == "__main__":
    generator = np.random.default_rng(4)
    print(head(["groups", *TITLES, *(f"{title}, variances uncertain" for title in TITLES)]))
    for number in NUMBERS_OF_GROUPS:
        print(row([str(number), *(f"{100 * share:.1f}%" for share in simulate(number, generator))]), flush=True)
