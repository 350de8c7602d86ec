"""The power of a test, and what it takes to reach another."""

import numpy as np
import pytest
from scipy.special import ncfdtr, stdtrit

from service.errors import AllSingletons, InvalidRequest, TooFewGroups
from service.inference.planning import Coefficient, Plan, make_plan, power_of, smallest_number, smallest_size
from service.inference.planning.power import LARGEST, Level, _two_sided

PLAN = make_plan({5: 20}, 0.33, 0.76)


def coefficient(level: Level = "observation", effect: float = 0.3, test_level: float = 0.05) -> Coefficient:
    return Coefficient(effect, 0.5, level, test_level)


@pytest.mark.parametrize("df", [1, 2, 7, 40, 1000, 10_000_000])
@pytest.mark.parametrize("test_level", [0.001, 0.05, 0.5])
def test_it_is_that_of_a_noncentral_t(df: int, test_level: float) -> None:
    critical = -stdtrit(df, 0.5 * test_level)
    for mean in np.linspace(0.0, 4.0, 9) * max(critical, 1.0):
        expected = 1.0 - ncfdtr(1, df, mean**2, critical**2)
        assert _two_sided(mean, 1.0, df, test_level) == pytest.approx(expected, abs=1e-11)  # SciPy's own error


def test_an_effect_that_is_not_there_is_found_as_often_as_the_level_says() -> None:
    for df in (1, 3, 10**12):
        assert _two_sided(0.0, 1.0, df, 1e-8) == pytest.approx(1e-8, rel=1e-4)  # one less a number close to one
        assert _two_sided(0.0, 1.0, df, 0.999) == pytest.approx(0.999, rel=1e-12)


def test_an_effect_of_many_errors_is_found() -> None:
    assert power_of(PLAN, coefficient(effect=1e300)).power == 1.0
    assert power_of(make_plan({5: 20}, 1.0, 0.0), coefficient(effect=1e-300)).power == 1.0


def test_the_sign_of_an_effect_does_not_matter() -> None:
    assert power_of(PLAN, coefficient(effect=-0.3)) == power_of(PLAN, coefficient(effect=0.3))


@pytest.mark.parametrize("level", ["observation", "group"])
@pytest.mark.parametrize("plan", [PLAN, make_plan({1: 4, 7: 3, 40: 1}, 1.0, 2.0)])
@pytest.mark.parametrize("power", [0.3, 0.8, 0.99])
def test_the_smallest_number_of_groups_reaches_the_power_and_one_less_does_not(
    level: Level, plan: Plan, power: float
) -> None:
    number = smallest_number(plan, coefficient(level), power)
    assert number is not None
    of_number = [power_of(plan.enlarged(n / plan.n_groups), coefficient(level)).power for n in (number - 1, number)]
    assert of_number[0] < power <= of_number[1]


def test_the_smallest_size_reaches_the_power_and_one_less_does_not() -> None:
    size = smallest_size(PLAN, coefficient(), 0.8)
    assert size is not None
    assert (
        power_of(PLAN.resized(size - 1), coefficient()).power < 0.8 <= power_of(PLAN.resized(size), coefficient()).power
    )


def test_more_rows_do_not_replace_groups() -> None:
    assert smallest_size(PLAN, coefficient("group"), 0.8) is None
    most = power_of(PLAN.resized(LARGEST), coefficient("group")).power
    assert power_of(PLAN, coefficient("group")).power < most < 0.8


def test_an_effect_too_small_takes_more_than_any_plan() -> None:
    assert smallest_number(PLAN, coefficient(effect=1e-9), 0.8) is None


def test_the_error_falls_with_the_root_of_the_groups_and_with_the_spread_of_the_predictor() -> None:
    double = Coefficient(0.3, 1.0, "observation", 0.05)
    assert power_of(PLAN, double).std_error == pytest.approx(power_of(PLAN, coefficient()).std_error / 2, rel=1e-14)
    many = [power_of(PLAN.enlarged(factor), double).std_error for factor in (1000.0, 4000.0)]
    assert many[0] == pytest.approx(2 * many[1], rel=1e-4)  # the constant takes one of 20,000 groups


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="three groups"):
        power_of(make_plan({5: 2}, 1.0, 1.0), coefficient("group"))
    with pytest.raises(InvalidRequest, match="more rows"):
        power_of(make_plan({1: 2, 2: 1}, 1.0, 1.0), coefficient("observation"))


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(TooFewGroups, match="One group"):
        make_plan({5: 1}, 1.0, 1.0)
    with pytest.raises(AllSingletons, match="two rows"):
        make_plan({1: 5}, 1.0, 1.0)
    with pytest.raises(InvalidRequest, match="Nothing varies"):
        make_plan({5: 5}, 0.0, 0.0)


def test_a_deviation_next_to_none_is_none() -> None:
    assert make_plan({5: 5}, 1e-100, 1.0).between == 0.0
    assert make_plan({5: 5}, 1e100, 1e-100).within == 0.0
