"""What an estimate says of itself: positions, weights of pooling, the spread of the fitted values."""

import numpy as np
import pytest

from service.engine import fit
from tests.engine.accuracy import of_term
from tests.engine.hard_designs import EASY, codes, weights
from tests.engine.structures import STRUCTURES, VARIED, lme4_theta, some_roots


def test_kept_aliased_and_group_level_columns() -> None:
    estimates = fit(EASY["a sum of others"]).estimates
    assert (estimates.kept.tolist(), estimates.aliased.tolist()) == ([0, 1, 2], [3])
    assert estimates.group_level.tolist() == [1, 0, 1]


def test_sizes_and_weights_of_groups() -> None:
    estimates = fit(EASY["weights over 6 decades"]).estimates
    own = estimates.factors[0]
    assert own.counts.tolist() == [1, 2, 3, 4, 5, 6, 3]
    # Sums in another order.
    np.testing.assert_allclose(own.weights, np.bincount(codes, weights), rtol=1e-14)
    assert estimates.n == 24


@pytest.mark.parametrize("name", ["no predictor", "weights over 6 decades", "y in 1e160"])
def test_the_weight_of_a_group_is_that_of_gelman_and_hill(name: str) -> None:
    estimates = fit(EASY[name]).estimates
    # Eq. 12.1: n / sigma_y^2 against 1 / sigma_alpha^2; in units of sigma_y, a few roundings.
    own = estimates.factors[0]
    ratio = (own.sd[0] / estimates.sigma) ** 2
    np.testing.assert_allclose(np.asarray(own.weight), own.weights / (own.weights + 1 / ratio), rtol=1e-13)


SPREAD = ["both, and their product", "weights over 6 decades", "offset", "x and x + v", "no intercept"]


@pytest.mark.parametrize("name", [*SPREAD, *VARIED])
def test_the_spread_of_the_fixed_part(name: str) -> None:
    design = (EASY | STRUCTURES)[name]
    theta = lme4_theta(design, some_roots(design, 14)) if name in VARIED else None
    estimates = fit(design, theta=theta).estimates
    fixed = design.X.to_array()[:, estimates.kept] @ estimates.beta
    # Sums in another order; unweighted, as R's var() of the fitted values.
    assert estimates.fixed_sd == pytest.approx(np.std(fixed, ddof=1), rel=1e-12, abs=1e-12)


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


@pytest.mark.parametrize("name", VARIED)
def test_spreads_and_correlations_are_those_of_lambda(name: str) -> None:
    design = STRUCTURES[name]
    roots = some_roots(design, 12)
    estimates = fit(design, theta=lme4_theta(design, roots)).estimates
    for effect, root in zip(design.random, roots, strict=True):
        own, sd, _, _ = of_term(estimates, effect)
        # There and back from the coordinates of the basis.
        np.testing.assert_allclose(own, root, rtol=0, atol=1e-12)
        np.testing.assert_allclose(sd, estimates.sigma * np.linalg.norm(root, axis=1), rtol=1e-12)
    for factor in estimates.factors:
        covariance = estimates.sigma**2 * factor.root @ factor.root.T
        np.testing.assert_allclose(factor.spread @ factor.spread.T, covariance, rtol=0, atol=1e-12 * covariance.max())
        np.testing.assert_allclose(factor.correlation, covariance / np.outer(factor.sd, factor.sd), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", VARIED)
def test_the_mean_spread_is_that_of_the_rows(name: str) -> None:
    design = STRUCTURES[name]
    for factor in fit(design, theta=lme4_theta(design, some_roots(design, 13))).estimates.factors:
        Z = np.column_stack([effect.Z.to_array() for effect in factor.factor.effects])
        variances = ((Z @ factor.spread) ** 2).sum(axis=1)
        # Sums in another order.
        assert factor.mean_sd == pytest.approx(float(np.sqrt(variances.mean())), rel=1e-12)


@pytest.mark.parametrize("name", ["crossed", "crossed, slopes by both, weights", "nested"])
def test_sizes_and_weights_of_the_groups_of_every_factor(name: str) -> None:
    design = STRUCTURES[name]
    w = np.ones(design.n) if design.weights is None else design.weights
    for own in fit(design).estimates.factors:
        group = own.factor.grouping.codes
        assert own.counts.tolist() == np.bincount(group).tolist()
        # Sums in another order.
        np.testing.assert_allclose(own.weights, np.bincount(group, w), rtol=1e-13)
        assert (own.weight is None) == (not own.factor.is_varying_intercept)


def test_a_theta_that_is_held_comes_back_as_it_was_given() -> None:
    design = STRUCTURES["crossed, slopes by both"]
    for theta in ([0.3, -0.2, 0.0, 0.0, 1.3, 0.5], [0.0, 0.0, 0.7, 1.0, -1.0, 0.0], [0.0] * 6):
        assert fit(design, theta=theta).estimates.theta.tolist() == theta
