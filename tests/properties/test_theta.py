"""What theta does between its ends, and at them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design import Design
from service.engine import fit
from tests.properties.strategies import QUICK, designs


@QUICK
@given(designs(), st.booleans())
def test_holding_the_optimum_changes_nothing(design: Design, restricted: bool) -> None:
    free = fit(design, restricted=restricted)
    held = fit(design, restricted=restricted, theta=free.estimates.theta.tolist())
    # theta^2 is rounded once more.
    np.testing.assert_allclose(held.estimates.beta, free.estimates.beta, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(
        held.estimates.factors[0].effects, free.estimates.factors[0].effects, rtol=1e-9, atol=1e-11
    )
    assert abs(held.criterion - free.criterion) < 1e-10


@QUICK
@given(designs(), st.booleans(), st.lists(st.floats(0, 1e4), min_size=1, max_size=20))
def test_no_other_theta_is_better(design: Design, restricted: bool, thetas: list[float]) -> None:
    best = fit(design, restricted=restricted).criterion
    # Rounding of a criterion of some hundred.
    assert min(fit(design, restricted=restricted, theta=[theta]).criterion for theta in thetas) > best - 1e-10


@QUICK
@given(designs())
def test_no_theta_is_no_grouping(design: Design) -> None:
    estimates = fit(design, theta=[0.0]).estimates
    root = np.sqrt(np.ones(design.y.size) if design.weights is None else design.weights)
    y = design.y if design.offset is None else design.y - design.offset
    beta = np.linalg.lstsq(design.X.to_array() * root[:, None], y * root)[0]
    # Weights over four decades and few rows: least squares loses some digits by its condition number.
    np.testing.assert_allclose(estimates.beta, beta, rtol=1e-8, atol=1e-10)


@QUICK
@given(designs())
def test_the_deviance_of_ml_is_the_least(design: Design) -> None:
    fitted = fit(design)
    # -2 log likelihood at the REML estimate of theta cannot be below its minimum, but for rounding.
    assert fit(design, restricted=False, theta=fitted.estimates.theta.tolist()).criterion >= fitted.deviance() - 1e-10


@QUICK
@given(designs(), st.floats(0.01, 10), st.floats(1.1, 10))
def test_more_theta_is_less_pooling(design: Design, theta: float, times: float) -> None:
    less, more = (
        np.asarray(fit(design, theta=[value]).estimates.factors[0].weight) for value in (theta, times * theta)
    )
    assert (less < more).all()
    assert (less > 0).all()
    assert (more < 1).all()


@QUICK
@given(designs(), st.booleans())
def test_effects_average_to_nothing(design: Design, restricted: bool) -> None:
    # X'V^-1 (y - X beta) = 0; with an intercept the effects, which are phi Z'V^-1 (y - X beta), add up to 0.
    if design.intercept:
        effects = fit(design, restricted=restricted).estimates.factors[0].effects
        assert abs(effects.sum()) <= 1e-9 * max(float(np.abs(effects).max()), 1e-3)
