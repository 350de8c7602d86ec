"""Priors of a standard deviation, against SciPy's distributions and against their own slopes."""

import math

import numpy as np
import pytest
from scipy import stats

from service.inference.posterior import Prior

UNIFORM, HALF_T, HALF_CAUCHY, HALF_NORMAL = (
    Prior(), Prior(math.log(0.7), 3.0), Prior(math.log(0.7), 1.0), Prior(math.log(0.7)),
)  # fmt: skip
PROPER = {"half-t": (HALF_T, stats.t(3, scale=0.7)), "half-normal": (HALF_NORMAL, stats.norm(scale=0.7))}


@pytest.mark.parametrize("name", PROPER)
def test_they_are_halves_of_known_densities(name: str) -> None:
    prior, known = PROPER[name]
    sds = np.array([1e-9, 0.1, 0.7, 3.0, 20.0])
    expected = known.logpdf(sds) - known.logpdf(0.0)
    np.testing.assert_allclose(prior.log_density(np.log(sds)), expected, rtol=1e-13, atol=1e-15)


def test_the_uniform_one_is_flat_and_the_limit_of_wide_ones() -> None:
    log_sds = np.array([-np.inf, -3.0, 0.0, 5.0])
    assert UNIFORM.log_density(log_sds).tolist() == [0.0] * 4
    for df in (1.0, math.inf):
        assert Prior(50.0, df).log_density(log_sds) == pytest.approx(np.zeros(4), abs=1e-30)


def test_a_density_may_vanish() -> None:
    assert HALF_NORMAL.log_density(np.array([800.0])).tolist() == [-np.inf]


def test_other_units_change_the_scale_alone() -> None:
    log_sds = np.array([-2.0, 0.5])
    scaled = HALF_T.in_units(1e-200)
    np.testing.assert_allclose(scaled.log_density(log_sds - math.log(1e-200)), HALF_T.log_density(log_sds), rtol=1e-10)
    assert UNIFORM.in_units(1e-200).is_uniform


@pytest.mark.parametrize("prior", [UNIFORM, HALF_T, HALF_CAUCHY, HALF_NORMAL])
@pytest.mark.parametrize("power", [1.0, 2.0, 900.0])
def test_sigma_is_most_likely_where_the_slope_is_zero(prior: Prior, power: float) -> None:
    theta, rho = np.array([0.0, 1e-8, 0.4, 30.0, 1e12]), np.array([0.01, 1.0, 5.0, 2.0, 1e3])
    middle = -0.5 * np.log(prior.modal_precision(theta, rho, power))

    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            pull = prior.log_density(np.log(theta) + log_sigma)
        return -power * log_sigma - 0.5 * rho * np.exp(-2.0 * log_sigma) + pull

    step = 1e-4
    slope = (log_density(middle + step) - log_density(middle - step)) / (2.0 * step)
    # The difference errs by step^2 times a third derivative of some times the power, and by rounding over the step.
    assert np.abs(slope).max() < 1e-6 * (power + 10.0)
