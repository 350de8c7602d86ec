"""What an estimate says of itself: positions, weights of pooling, the spread of the fitted values."""

import numpy as np
import pytest

from service.engine import fit
from tests.engine.hard_designs import EASY, codes, weights


def test_kept_aliased_and_group_level_columns() -> None:
    estimates = fit(EASY["a sum of others"]).estimates
    assert (estimates.kept.tolist(), estimates.aliased.tolist()) == ([0, 1, 2], [3])
    assert estimates.group_level.tolist() == [1, 0, 1]


def test_sizes_and_weights_of_groups() -> None:
    estimates = fit(EASY["weights over 6 decades"]).estimates
    assert estimates.counts.tolist() == [1, 2, 3, 4, 5, 6, 3]
    # Sums in another order.
    np.testing.assert_allclose(estimates.weights, np.bincount(codes, weights), rtol=1e-14)
    assert estimates.n == 24


@pytest.mark.parametrize("name", ["no predictor", "weights over 6 decades", "y in 1e160"])
def test_the_weight_of_a_group_is_that_of_gelman_and_hill(name: str) -> None:
    estimates = fit(EASY[name]).estimates
    # Eq. 12.1: n / sigma_y^2 against 1 / sigma_alpha^2; in units of sigma_y, a few roundings.
    ratio = (estimates.group_sd / estimates.sigma) ** 2
    np.testing.assert_allclose(estimates.weight, estimates.weights / (estimates.weights + 1 / ratio), rtol=1e-13)


@pytest.mark.parametrize(
    "name", ["both, and their product", "weights over 6 decades", "offset", "x and x + v", "no intercept"]
)
def test_the_spread_of_the_fixed_part(name: str) -> None:
    design = EASY[name]
    estimates = fit(design).estimates
    fixed = design.X[:, estimates.kept] @ estimates.beta
    # Sums in another order; unweighted, as R's var() of the fitted values.
    assert estimates.fixed_sd == pytest.approx(np.std(fixed, ddof=1), rel=1e-12)


def test_there_is_no_spread_without_a_predictor() -> None:
    assert fit(EASY["no predictor"]).estimates.fixed_sd == 0.0


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
def test_residual_degrees_of_freedom(restricted: bool) -> None:
    estimates = fit(EASY["both, and their product"], restricted=restricted).estimates
    assert estimates.residual_df == (20 if restricted else 24)


def test_a_variance_beyond_a_double_is_infinite_and_its_root_is_not() -> None:
    estimates = fit(EASY["y in 1e160"]).estimates
    assert np.isposinf(np.diag(estimates.covariance)).all()
    assert np.isfinite(estimates.std_error).all()


def test_a_covariance_is_symmetric() -> None:
    for name in ("both, and their product", "weights over 6 decades", "x in 1e-200", "x and x + v"):
        covariance = fit(EASY[name]).estimates.covariance
        # What a product of three matrices may leave: an ulp.
        np.testing.assert_allclose(covariance, covariance.T, rtol=1e-13)
