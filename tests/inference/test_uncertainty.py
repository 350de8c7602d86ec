"""The covariance of the two variances against the witness' Hessian."""

import numpy as np
import pytest

from service.engine import fit
from service.inference.uncertainty import variance_covariance
from tests.engine.hard_designs import EASY
from tests.inference.differences import covariance_of_variances

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


@METHODS
@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "y in 1e160", "theta 1e3"])
def test_it_is_twice_the_inverse_hessian(name: str, restricted: bool) -> None:
    fitted = fit(EASY[name], restricted=restricted)
    estimates = fitted.estimates
    expected = covariance_of_variances(EASY[name], estimates.theta, estimates.sigma, restricted=restricted)
    by_log = np.array([estimates.theta**-2, 1.0])
    # As for Satterthwaite's degrees of freedom: theta is right to 1e-8 or better.
    np.testing.assert_allclose(variance_covariance(fitted) * np.outer(by_log, by_log), expected, rtol=1e-7)


@METHODS
@pytest.mark.parametrize(("name", "theta"), [("theta 0", None), ("a predictor", 0.7), ("a predictor", np.inf)])
def test_a_theta_on_the_boundary_or_held_is_known(name: str, theta: float | None, restricted: bool) -> None:
    fitted = fit(EASY[name], restricted=restricted, theta=theta)
    assert variance_covariance(fitted).tolist() == [[0.0, 0.0], [0.0, 2.0 / fitted.estimates.residual_df]]
