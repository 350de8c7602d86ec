"""The power of the test of a coefficient, and how many groups, or rows to a group, it takes.

The information on the coefficient of a predictor x with standard deviation s is what generalised least squares weighs:

    group level:       s^2 (sum lambda_j - sum lambda_j^2 / sum lambda_j),
    observation level: s^2 ((N - J) / sigma_y^2 + sum lambda_j / n_j (1 - lambda_j / sum lambda_j)),

with lambda_j = 1 / (sigma_alpha^2 + sigma_y^2 / n_j), the latter for x drawn for each row anew. The t statistic is
noncentral with J - 2 degrees of freedom, those between the groups, or N - J - 1, those within: the former is exact for
equal sizes, the latter a little too few where the means of x tell something (Snijders & Bosker 1993, J. Educ. Statist.
18; Gelman & Hill 2007, section 20.4).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import gammaincc, stdtrit

from service.errors import Fault, InvalidRequest
from service.inference.planning.plan import Plan

Level = Literal["observation", "group"]

LARGEST = 10_000_000
"""Groups, or rows to a group, beyond which no plan is looked for."""

CERTAIN = 30.0
"""Critical values, or standard errors, from which an effect is found for certain: 1 less the power is no double."""

REACH = 9.0
"""Standard deviations of a normal variable beyond which it is not looked for: 1e-19 is there."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient to be found: its value, the standard deviation of its predictor, where it varies, and the test.

    `test_level` is the probability of finding what is not there.
    """

    effect: float
    sd: float
    level: Level
    test_level: float


@dataclass(frozen=True, slots=True)
class Power:
    """The standard error of a coefficient, the degrees of freedom of its test and the test's power."""

    std_error: float
    df: int
    power: float


def power_of(plan: Plan, coefficient: Coefficient) -> Power:
    """The power of a plan to find a coefficient.

    Raises InvalidRequest where there is no degree of freedom to test it, and where its standard error is no number.
    """
    df = _degrees(plan, coefficient.level)
    if df < 1:
        message = (
            "The coefficient of a group-level predictor takes three groups at least to test."
            if coefficient.level == "group"
            else "These groups leave no degree of freedom to test the coefficient: plan more rows in them."
        )
        raise InvalidRequest(message, Fault(message, pointer="/groups"))
    error = float(_relative_error(plan, coefficient.level)) / coefficient.sd * plan.unit
    if not math.isfinite(error):
        message = "The predictor varies too little for a coefficient in double precision: send `sd` in a smaller unit."
        raise InvalidRequest(message, Fault(message, pointer="/coefficient/sd"))
    return Power(error, df, _two_sided(abs(coefficient.effect), error, df, coefficient.test_level))


def smallest_number(plan: Plan, coefficient: Coefficient, power: float) -> int | None:
    """The smallest number of groups, in the plan's mix of sizes, with this power; None beyond LARGEST."""
    return _smallest(lambda groups: plan.enlarged(groups / plan.n_groups), coefficient, power)


def smallest_size(plan: Plan, coefficient: Coefficient, power: float) -> int | None:
    """The smallest size of the plan's groups, all alike, with this power; None where no size has it."""
    return _smallest(plan.resized, coefficient, power)


def _smallest(planned: Callable[[int], Plan], coefficient: Coefficient, power: float) -> int | None:
    """The smallest whole number, from 2, for which what is planned reaches the power, which grows with it."""

    def reaches(number: int) -> bool:
        plan = planned(number)
        return _degrees(plan, coefficient.level) >= 1 and power_of(plan, coefficient).power >= power

    low, high = 1, 2
    while not reaches(high):
        if high >= LARGEST:
            return None
        low, high = high, min(2 * high, LARGEST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def _degrees(plan: Plan, level: Level) -> int:
    return plan.n_groups - 2 if level == "group" else plan.n_rows - plan.n_groups - 1


def _relative_error(plan: Plan, level: Level) -> float:
    """The standard error for a predictor with standard deviation 1."""
    known = 1.0 / plan.mean_variances
    total = float(plan.counts @ known)
    if level == "group":
        return 1.0 / math.sqrt(total - float(plan.counts @ known**2) / total)
    if plan.within == 0.0:
        return 0.0
    between = float(plan.counts @ (known / plan.sizes * (1.0 - known / total)))
    return 1.0 / math.sqrt((plan.n_rows - plan.n_groups) / plan.within + between)


def _two_sided(effect: float, error: float, df: int, test_level: float) -> float:
    """The probability that |t| with `df` exceeds its quantile where its mean is effect / error."""
    critical = -float(stdtrit(df, 0.5 * test_level))
    if effect >= CERTAIN * max(critical, 1.0) * error:
        return 1.0
    return 1.0 - _probability_within(critical, df, effect / error)


def _probability_within(critical: float, df: int, mean: float) -> float:
    """P(|z| <= critical * s) for z normal around `mean` with sd 1, and df s^2 chi-square: over |z|, by Gauss-Legendre.

    The chi-square is a step where its degrees of freedom are many: it is integrated apart from what is beside it.
    """
    low, high = max(0.0, mean - REACH), mean + REACH
    step = REACH * critical / math.sqrt(2.0 * df)
    ends = np.clip([low, critical - step, critical, critical + step, high], low, high)
    half = 0.5 * np.diff(ends)[:, None]
    z = ends[:-1, None] + half * (1.0 + NODES)
    density = np.exp(-0.5 * (z - mean) ** 2) + np.exp(-0.5 * (z + mean) ** 2)
    longer = gammaincc(0.5 * df, 0.5 * df * (z / critical) ** 2)
    return float((half * WEIGHTS * density * longer).sum()) / math.sqrt(2.0 * math.pi)
