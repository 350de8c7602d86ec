"""Balanced one-way designs, whose estimates have closed forms, computed in fractions from the doubles themselves.

With J groups of m rows, MSB and MSW the mean squares between and within (Searle, Casella & McCulloch 1992, Variance
Components, sections 3.7 and 3.8):

    sigma^2 = MSW,  sigma_a^2 = (MSB - MSW) / m by REML, ((J - 1) / J MSB - MSW) / m by ML, or 0 where that is negative
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

from service.engine import Fit, fit
from service.engine.scalar.model import ScalarModel
from tests.engine.designs import design_of, group_of

J, M = 6, 4
N = J * M

STEPS = {
    "spread": (np.arange(N) * 5 % 7 + group_of([M] * J)) % 4,
    "groups apart": np.arange(N) % 3 + 7 * group_of([M] * J),
    "groups alike": np.tile([1, 2, 4, 3], J),
}
"""NIST's SmLs problems in small: constant leading digits, and steps that double precision can hardly hold."""

BASES = [0.0, 1e6, 1e12, -1e13]
CASES = pytest.mark.parametrize(("steps", "base"), [(steps, base) for steps in STEPS for base in BASES])


class Squares(NamedTuple):
    """The mean of all and the mean squares between groups, within them, and in total."""

    mean: Fraction
    between: Fraction
    within: Fraction
    total: Fraction


def response(steps: str, base: float) -> list[float]:
    values: list[float] = (base + 0.4 + 0.1 * STEPS[steps]).tolist()
    return values


def squares(y: list[float]) -> Squares:
    exact = [Fraction(value) for value in y]
    groups = [exact[start : start + M] for start in range(0, N, M)]
    means = [sum(group, Fraction(0)) / M for group in groups]
    mean = sum(means, Fraction(0)) / J
    between = sum((M * (value - mean) ** 2 for value in means), Fraction(0))
    total = sum(((value - mean) ** 2 for value in exact), Fraction(0))
    return Squares(mean, between / (J - 1), (total - between) / (N - J), total / (N - 1))


def fitted(steps: str, base: float, *, restricted: bool = True) -> Fit:
    return fit(design_of(response(steps, base), group_of([M] * J)), restricted=restricted)


@CASES
def test_reml(steps: str, base: float) -> None:
    true, estimates = squares(response(steps, base)), fitted(steps, base).estimates
    apart = true.between > true.within
    sigma = math.sqrt(true.within if apart else true.total)
    group_sd = math.sqrt(max(true.between - true.within, Fraction(0)) / M)
    # A dozen roundings: the data enter as differences, which are exact.
    assert estimates.sigma == pytest.approx(sigma, rel=1e-13, abs=0)
    assert estimates.factors[0].sd[0] == pytest.approx(group_sd, rel=1e-13, abs=0)
    assert estimates.beta[0] == pytest.approx(float(true.mean), rel=1e-15)
    assert estimates.std_error[0] == pytest.approx(
        math.sqrt((true.between if apart else true.total) / N), rel=1e-13, abs=0
    )


@CASES
def test_ml(steps: str, base: float) -> None:
    true, estimates = squares(response(steps, base)), fitted(steps, base, restricted=False).estimates
    between = true.between * (J - 1) / J
    sigma = math.sqrt(true.within if between > true.within else true.total * (N - 1) / N)
    # As above.
    assert estimates.sigma == pytest.approx(sigma, rel=1e-13, abs=0)
    assert estimates.factors[0].sd[0] == pytest.approx(
        math.sqrt(max(between - true.within, Fraction(0)) / M), rel=1e-13, abs=0
    )


@pytest.mark.parametrize("base", BASES)
def test_the_criterion_has_every_constant(base: float) -> None:
    true = squares(response("groups apart", base))
    expected = (
        (N - 1) * (1 + math.log(2 * math.pi))
        + (N - J) * math.log(true.within)
        + (J - 1) * math.log(true.between)
        + math.log(N)
    )
    # Rounding of a value of about ten.
    assert fitted("groups apart", base).criterion == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("base", BASES)
def test_the_mean_of_balanced_groups_has_as_many_degrees_of_freedom_as_groups_less_one(base: float) -> None:
    # The mean's variance is MSB / N, an exact chi-square, so that Satterthwaite's approximation is exact too.
    found = fitted("groups apart", base)
    assert isinstance(found.model, ScalarModel)
    curvature = found.curvature()
    slopes = np.append(curvature.inverse_slopes[:, 0, 0] / found.model.at.inverse[0, 0], 1.0)
    # 2 over the variance of the variance's logarithm (Satterthwaite 1946).
    assert 2.0 / (slopes @ curvature.covariance @ slopes) == pytest.approx(J - 1, rel=1e-11)


@pytest.mark.parametrize("base", BASES)
def test_effects_are_shrunken_means(base: float) -> None:
    y = response("groups apart", base)
    true, estimates = squares(y), fitted("groups apart", base).estimates
    means = np.array([float(sum(map(Fraction, y[k : k + M]), Fraction(0)) / M - true.mean) for k in range(0, N, M)])
    # The weight is 1 - MSW / MSB (Gelman & Hill 2007, eq. 12.1, with the ratio of variances estimated).
    weight = float(1 - true.within / true.between)
    own = estimates.factors[0]
    np.testing.assert_allclose(np.asarray(own.weight), weight, rtol=1e-13)
    # Effects are small differences of large numbers: as a share of the largest.
    np.testing.assert_allclose(own.effects[0], weight * means, rtol=0, atol=1e-13 * np.abs(means).max())
