"""Intervals of the standard deviations: symmetric on the log scale, and only where there are any."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.design import Design
from service.engine import Fit, fit
from service.inference import spread_intervals
from tests.engine.designs import design_of, group_of
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE
from tests.inference.differences import Witness


def told(fitted: Fit) -> list[list[bool]]:
    """Which standard deviations have an interval; none has half of one."""
    intervals = spread_intervals(fitted, 0.95)
    for low, high in (ends.T for ends in intervals):
        np.testing.assert_array_equal(np.isfinite(low), np.isfinite(high))
    return [np.isfinite(ends[:, 0]).tolist() for ends in intervals]


CASES = {
    "both, and their product": (EASY, 1e-7),
    "y in 1e160": (EASY, 1e-7),
    "a slope": (STRUCTURES, 1e-9),
    "a slope, uncorrelated": (STRUCTURES, 1e-9),
    "three coefficients": (STRUCTURES, 1e-9),
    "crossed": (STRUCTURES, 1e-6),
    "crossed, a slope by one": (STRUCTURES, 1e-6),
}
"""Designs, and the error of what is known of them: theta's, or where there are several factors that of differences."""


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("name", CASES)
def test_they_are_wald_intervals_of_the_logarithms(name: str, level: float) -> None:
    designs, tolerance = CASES[name]
    fitted = fit(designs[name])
    z = float(stats.norm.ppf((1 + level) / 2))
    errors = iter(Witness(designs[name], fitted).log_sd_errors())
    sds = [*(factor.sd for factor in fitted.estimates.factors), np.array([fitted.estimates.sigma])]
    # These formulas have their terms by decreasing number of groups, as the engine has its factors.
    for ends, sd in zip(spread_intervals(fitted, level), sds, strict=True):
        error = np.array([next(errors) for _ in sd])
        np.testing.assert_allclose(ends[:, 0], sd * np.exp(-z * error), rtol=tolerance)
        np.testing.assert_allclose(ends[:, 1], sd * np.exp(z * error), rtol=tolerance)


@pytest.mark.parametrize(
    "fitted",
    [fit(EASY["theta 0"]), fit(EASY["a predictor"], theta=[0.0]), fit(EASY["a predictor"], theta=[np.inf])],
    ids=["boundary", "complete pooling", "no pooling"],
)
def test_a_group_sd_of_zero_or_without_bound_has_none(fitted: Fit) -> None:
    assert told(fitted) == [[False], [True]]
    ((low, high),) = spread_intervals(fitted, 0.95)[-1]
    assert low < fitted.estimates.sigma < high


def test_what_does_not_vary_has_none_and_what_does_has_one() -> None:
    assert told(fit(STRUCTURES["a slope"], theta=[0.5, 0.0, 0.0])) == [[True, False], [True]]
    assert told(fit(STRUCTURES["crossed"], theta=[0.0, 0.5])) == [[False], [True], [True]]


def twice_the_same() -> Design:
    """Two grouping factors of the same groups."""
    design = STRUCTURES["crossed"]
    first, second = design.random
    again = replace(second, grouping=replace(first.grouping, name="again"))
    return replace(design, random=(first, again))


def test_variances_that_the_rows_do_not_tell_apart_have_none() -> None:
    assert told(fit(twice_the_same())) == [[False], [False], [True]]


@pytest.mark.parametrize("ratio", [0.7, 30.0])
def test_at_a_held_theta_all_are_known_as_well_as_each_other(ratio: float) -> None:
    for fitted in (
        fit(EASY["a predictor"], theta=[ratio]),
        fit(STRUCTURES["crossed"], theta=[0.3, ratio]),
    ):
        *_, groups, residual = spread_intervals(fitted, 0.95)
        # One is so many times the other; a few roundings.
        np.testing.assert_allclose(groups, ratio * residual, rtol=1e-13)


def test_a_residual_sd_of_zero_has_none() -> None:
    codes = group_of((2, 3, 2))
    assert told(fit(design_of(np.array([1.0, 3.0, 4.0])[codes], codes))) == [[False], [False]]


def test_nothing_but_groups_leaves_none() -> None:
    design = STRUCTURES["crossed"]
    y = np.cos(3.0 * np.asarray(TABLE["g"]) ** 2)
    assert told(fit(replace(design, y=y))) == [[False], [False], [False]]


def test_an_end_beyond_a_double_is_the_largest_double() -> None:
    # Next to the boundary the logarithm of the standard deviation is hardly known at all.
    design = EASY["theta 1e-3"]
    ((low, high),), _ = spread_intervals(fit(replace(design, y=1e160 * design.y)), 0.95)
    assert 0.0 < low < high == sys.float_info.max
