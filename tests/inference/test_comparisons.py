"""Criteria and tests of models side by side; which tests there are, and against which distribution."""

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import stats

from service.engine import Fit, fit
from service.inference import Comparison, LikelihoodRatio, compare
from tests.engine.designs import group_of, model

SIZES = (1, 2, 3, 4, 5, 6, 3, 6)
CODES = group_of(SIZES)
random = np.random.default_rng(8)
TABLE: dict[str, ArrayLike] = {
    "x": random.normal(size=CODES.size),
    "z": random.normal(size=CODES.size),
    "g": CODES,
    "h": np.arange(CODES.size) % 5,
    "y": random.normal(size=CODES.size) + random.normal(size=len(SIZES))[CODES],
}


def compared(*parts: str, response: str = "y", **columns: ArrayLike) -> tuple[Comparison, list[Fit]]:
    designs = [model(f"{response} ~ {part}", {**TABLE, **columns}) for part in parts]
    fits = [fit(design, restricted=False) for design in designs]
    return compare(designs, fits), fits


def the_test(smaller: str, larger: str) -> LikelihoodRatio:
    (test,) = compared(smaller, larger)[0].tests
    return test


def test_criteria_are_those_of_the_fits() -> None:
    comparison, fits = compared("x + (1|g)", "1 + (1|g)", "x + z + (1|g)")
    k = [4, 3, 5]
    deviance = [each.criterion for each in fits]
    aic = [d + 2 * own for d, own in zip(deviance, k, strict=True)]
    share = np.exp(-0.5 * (np.array(aic) - min(aic)))
    share /= share.sum()
    for place, own in enumerate(comparison.criteria):
        assert (own.n_parameters, own.deviance, own.aic) == (k[place], deviance[place], aic[place])
        assert own.bic == pytest.approx(deviance[place] + k[place] * math.log(CODES.size), rel=1e-15)
        assert own.aic_difference == pytest.approx(aic[place] - min(aic), rel=1e-15)
        assert own.aic_weight == pytest.approx(share[place], rel=1e-14)
    assert comparison.order == (1, 0, 2)


def test_models_of_as_many_parameters_stay_in_their_order() -> None:
    comparison, _ = compared("z + (1|g)", "x + (1|g)", "1 + (1|g)")
    assert comparison.order == (2, 0, 1)


def test_a_coefficient_is_tested_by_chi_squared() -> None:
    test = the_test("1 + (1|g)", "x + z + (1|g)")
    _, (smaller, larger) = compared("1 + (1|g)", "x + z + (1|g)")
    assert test.mixture == (2,)
    assert test.statistic == pytest.approx(smaller.criterion - larger.criterion, rel=1e-14)
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 2), rel=1e-13)
    assert not test.is_bound


@pytest.mark.parametrize(
    ("smaller", "larger", "mixture", "is_bound"),
    [
        ("1 + (1|h)", "1 + (1|h) + (1|g)", (0, 1), False),
        ("1 + (1|g)", "1 + (x|g)", (1, 2), False),
        ("1 + (x|g)", "1 + (x + z|g)", (2, 3), False),
        ("1 + (x||g)", "1 + (x|g)", (1,), False),
        ("1 + (1|g)", "x + (x|g)", (2, 3), False),
        ("1 + (1|g)", "1 + (x + z||g)", (2,), True),
        ("1 + (1|g)", "1 + (x + z|g)", (5,), True),
    ],
)
def test_a_variance_is_tested_by_a_mixture(smaller: str, larger: str, mixture: tuple[int, ...], is_bound: bool) -> None:
    test = the_test(smaller, larger)
    assert (test.mixture, test.is_bound) == (mixture, is_bound)
    parts = [stats.chi2.sf(test.statistic, df) if df else float(test.statistic == 0) for df in mixture]
    assert test.p_value == pytest.approx(np.mean(parts), rel=1e-12)


def test_a_variance_of_zero_gains_nothing() -> None:
    # Groups alike in their means, whose variance is estimated as 0.
    flat = np.asarray(TABLE["x"]) - (np.bincount(CODES, TABLE["x"]) / np.bincount(CODES))[CODES]
    comparison, _ = compared("1 + (1|h)", "1 + (1|h) + (1|g)", response="flat", flat=flat)
    (test,) = comparison.tests
    assert (test.statistic, test.p_value) == (0.0, 1.0)


def test_each_is_tested_against_the_one_before() -> None:
    comparison, _ = compared("x + z + (1|g)", "1 + (1|g)", "x + (1|g)")
    assert [(test.smaller, test.larger) for test in comparison.tests] == [(1, 2), (2, 0)]


def test_what_is_not_nested_has_a_reason_and_the_next_that_is_a_test() -> None:
    comparison, _ = compared("1 + (1|g)", "x + (1|g)", "z + (1|g)", "x + (x|g)")
    found = [(test.smaller, test.larger, test.difference is None) for test in comparison.tests]
    assert found == [(0, 1, False), (1, 2, True), (0, 2, False), (2, 3, True), (1, 3, False)]
    for test in comparison.tests:
        assert (test.reason is None) == (test.difference is not None)
        assert math.isnan(test.p_value) == math.isnan(test.statistic) == (test.difference is None)


def test_the_same_model_is_not_tested() -> None:
    test = the_test("x + (1|g)", "I(2 * x) + (1|g)")
    assert test.difference is not None
    assert test.mixture == ()
    assert test.reason == "The models are the same, written in different ways."


def test_without_noise_there_is_no_likelihood_to_compare() -> None:
    x = np.asarray(TABLE["x"])
    comparison, fits = compared("1 + (1|g)", "x + (1|g)", response="exact", exact=2 * x + np.arange(8.0)[CODES])
    assert math.isnan(fits[1].criterion)
    (test,) = comparison.tests
    assert test.reason is not None
    assert "no likelihood" in test.reason
    assert math.isnan(comparison.criteria[1].aic)
    assert comparison.criteria[0].aic_weight == 1.0


def test_without_noise_anywhere_nothing_is_known() -> None:
    exact = np.arange(8.0)[CODES]
    comparison, _ = compared("1 + (1|g)", "x + (1|g)", response="exact", exact=exact)
    assert all(math.isnan(own.aic_weight) and math.isnan(own.aic_difference) for own in comparison.criteria)


@pytest.mark.parametrize("scale", [1e-200, 1e150])
def test_units_do_not_matter(scale: float) -> None:
    parts = ("1 + (1|g)", "x + (1|g)", "x + (x|g)")
    plain, _ = compared(*parts)
    scaled, _ = compared(
        "1 + (1|g)", "u + (1|g)", "u + (u|g)", response="v", v=np.asarray(TABLE["y"]) * scale, u=TABLE["x"]
    )
    for one, other in zip(plain.tests, scaled.tests, strict=True):
        # A difference of deviances of some 1e4 (their unit is part of the likelihood), each right to 1e-13.
        assert other.statistic == pytest.approx(one.statistic, abs=1e-7)
