"""The probability that a variance is estimated as 0: the F distribution where sizes are equal, limits, simulation."""

import numpy as np
import pytest
from scipy.special import fdtr

from service.inference.planning import draw, make_plan, zero_probability
from service.inference.planning.quadratic_forms import probability_below_zero
from service.inference.planning.variance_ratios import estimate


@pytest.mark.parametrize(
    ("groups", "size", "ratio"),
    [(2, 2, 0.0), (2, 1000, 0.1), (5, 5, 0.19), (85, 11, 0.19), (1000, 2, 0.0), (1_000_000, 1_000_000, 0.0)],
)
def test_with_equal_sizes_it_is_that_of_an_f_ratio(groups: int, size: int, ratio: float) -> None:
    plan = make_plan({size: groups}, ratio**0.5, 1.0)
    between, within, bound = groups - 1, groups * (size - 1), 1 / (1 + size * ratio)
    # The trapezoidal rule converges to rounding; a million groups turn the phase that often.
    assert zero_probability(plan, restricted=True) == pytest.approx(fdtr(between, within, bound), abs=1e-12)
    by_ml = fdtr(between, within, groups / between * bound)
    assert zero_probability(plan, restricted=False) == pytest.approx(by_ml, abs=1e-12)


def test_a_variance_of_zero_within_groups_leaves_no_doubt() -> None:
    assert zero_probability(make_plan({1: 1, 3: 2}, 1.0, 0.0), restricted=True) == 0.0
    assert zero_probability(make_plan({1: 1, 3: 2}, 1.0, 1e-20), restricted=True) == pytest.approx(0.0, abs=1e-12)


def test_sizes_that_differ_little_change_little() -> None:
    equal = zero_probability(make_plan({1000: 12}, 0.01, 1.0), restricted=True)
    nearly = zero_probability(make_plan({1000: 6, 1001: 6}, 0.01, 1.0), restricted=True)
    assert equal == pytest.approx(nearly, rel=1e-3)  # the sizes differ by as much
    assert equal != nearly


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("sizes", [{5: 4}, {2: 5, 10: 5}, {1: 10, 2: 10, 3: 10}])
def test_it_is_the_share_of_simulated_estimates(sizes: dict[int, int], restricted: bool) -> None:
    plan, replicates = make_plan(sizes, 0.2, 1.0), 20_000
    ratios = estimate(plan, draw(plan, replicates, np.random.default_rng(3)), restricted=restricted)
    expected = zero_probability(plan, restricted=restricted)
    error = (expected * (1 - expected) / replicates) ** 0.5
    # Four Monte Carlo errors; a lower minimum beside the one at 0 is rarer than that.
    assert np.mean(ratios.phi == 0.0) == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("restricted", [True, False])
def test_with_very_unequal_sizes_it_is_an_upper_bound(restricted: bool) -> None:
    plan = make_plan({1: 1, 2: 2, 9: 1, 40: 1}, 0.3, 1.0)
    share = np.mean(estimate(plan, draw(plan, 20_000, np.random.default_rng(3)), restricted=restricted).phi == 0.0)
    excess = zero_probability(plan, restricted=restricted) - share
    assert 0.0 < excess < 0.03  # the Monte Carlo error of either is 0.004, the lower minima are 1 and 2 in a hundred


def test_a_form_of_one_sign_has_no_distribution_to_invert() -> None:
    assert probability_below_zero(np.array([1.0, 2.0]), np.array([3.0, 1.0])) == 0.0
    assert probability_below_zero(np.array([-1.0, 0.0]), np.array([3.0, 1.0])) == 1.0


def test_opposite_forms_share_what_there_is() -> None:
    coefficients, degrees = np.array([5.0, 0.1, -3.0]), np.array([1.0, 7.0, 2.0])
    below = probability_below_zero(coefficients, degrees)
    assert below + probability_below_zero(-coefficients, degrees) == pytest.approx(1.0, abs=1e-12)  # two integrals
    assert probability_below_zero(1e100 * coefficients, degrees) == pytest.approx(below, rel=1e-12)
