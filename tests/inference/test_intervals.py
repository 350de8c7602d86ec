"""Intervals of the standard deviations: symmetric on the log scale, and only where there are any."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.engine import Fit, fit
from service.inference import SpreadInterval, spread_intervals
from tests.engine.designs import design_of, group_of
from tests.engine.hard_designs import EASY
from tests.inference.differences import covariance_of_variances

NONE = [True, True]


def undefined(interval: SpreadInterval) -> list[bool]:
    return [math.isnan(interval.low), math.isnan(interval.high)]


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("name", ["both, and their product", "y in 1e160"])
def test_they_are_wald_intervals_of_the_logarithms(name: str, level: float) -> None:
    fitted = fit(EASY[name])
    estimates = fitted.estimates
    covariance = covariance_of_variances(EASY[name], estimates.theta, estimates.sigma, restricted=True)
    z = float(stats.norm.ppf((1 + level) / 2))
    # log sigma_alpha = (log phi + log sigma^2) / 2.
    errors = 0.5 * np.sqrt([covariance.sum(), covariance[1, 1]])
    for interval, sd, error in zip(
        spread_intervals(fitted, level), (estimates.group_sd, estimates.sigma), errors, strict=True
    ):
        # Theta is right to 1e-8 or better.
        assert interval.low == pytest.approx(sd * math.exp(-z * error), rel=1e-7)
        assert interval.high == pytest.approx(sd * math.exp(z * error), rel=1e-7)


@pytest.mark.parametrize(
    "fitted",
    [fit(EASY["theta 0"]), fit(EASY["a predictor"], theta=0.0), fit(EASY["a predictor"], theta=np.inf)],
    ids=["boundary", "complete pooling", "no pooling"],
)
def test_a_group_sd_of_zero_or_without_bound_has_none(fitted: Fit) -> None:
    groups, residual = spread_intervals(fitted, 0.95)
    assert undefined(groups) == NONE
    assert residual.low < fitted.estimates.sigma < residual.high


def test_at_a_held_theta_both_are_known_as_well_as_each_other() -> None:
    fitted = fit(EASY["a predictor"], theta=0.7)
    groups, residual = spread_intervals(fitted, 0.95)
    # One is 0.7 times the other; a rounding.
    assert (groups.low, groups.high) == pytest.approx((0.7 * residual.low, 0.7 * residual.high), rel=1e-14)


def test_a_residual_sd_of_zero_has_none() -> None:
    codes = group_of((2, 3, 2))
    groups, residual = spread_intervals(fit(design_of(np.array([1.0, 3.0, 4.0])[codes], codes)), 0.95)
    assert (undefined(groups), undefined(residual)) == (NONE, NONE)


def test_an_end_beyond_a_double_is_the_largest_double() -> None:
    # Next to the boundary the logarithm of the standard deviation is hardly known at all.
    design = EASY["theta 1e-3"]
    groups, _ = spread_intervals(fit(replace(design, y=1e160 * design.y)), 0.95)
    assert 0.0 < groups.low < groups.high == sys.float_info.max
