"""Degrees of freedom, tests and intervals of coefficients."""

import numpy as np
import pytest
from scipy import stats

from service.engine import fit
from service.inference import coefficient_table
from service.inference.coefficients import Degrees, satterthwaite
from tests.engine.designs import design_of, group_means, group_of, random_rows
from tests.engine.hard_designs import EASY
from tests.inference import differences

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
NAMES = [
    "both, and their product",
    "weights over 6 decades",
    "factor without intercept",
    "x in 1e6 at 1e6",
    "y in 1e160",
    "x in 1e-200",
    "groups of 1 and 30",
    "theta 1e3",
]


@METHODS
@pytest.mark.parametrize("name", NAMES)
def test_satterthwaite_is_the_delta_method(name: str, restricted: bool) -> None:
    fitted = fit(EASY[name], restricted=restricted)
    estimates = fitted.estimates
    expected = differences.satterthwaite(EASY[name], estimates.theta, estimates.sigma, restricted=restricted)
    # The Hessian is taken at the engine's theta, right to 1e-8 or better.
    np.testing.assert_allclose(satterthwaite(fitted), expected, rtol=1e-7)


def test_a_predictor_balanced_within_groups_has_the_residual_degrees_of_freedom() -> None:
    codes = group_of((4,) * 6)
    x = np.tile([-1.5, -0.5, 0.5, 1.5], 6)
    y = np.sin(np.arange(24.0)) + codes
    df = satterthwaite(fit(design_of(y, codes, x)))
    # Exact F tests: 6 - 1 between groups, 24 - 6 - 1 within them.
    np.testing.assert_allclose(df, [5.0, 17.0], rtol=1e-10)


@pytest.mark.parametrize("theta", [0.0, 0.7, np.inf])
def test_a_theta_that_is_known_leaves_the_residual_degrees_of_freedom(theta: float) -> None:
    fitted = fit(EASY["a predictor"], theta=theta)
    # 24 rows less two coefficients, or less the slope and 7 groups.
    df = 16.0 if theta == np.inf else 22.0
    assert satterthwaite(fitted).tolist() == [df, df]


@METHODS
def test_the_boundary_has_the_residual_degrees_of_freedom(restricted: bool) -> None:
    assert satterthwaite(fit(EASY["theta 0"], restricted=restricted)).tolist() == [23.0 if restricted else 24.0]


def test_variances_that_cannot_be_told_apart_leave_none() -> None:
    # The one row to spare within groups is explained by x: any sigma will do, if theta is large.
    x = np.array([-1.01, 0.76, 0.3, -0.42, 1.2, 0.5])
    fitted = fit(design_of(2 * x + [1.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 1, 2, 3, 4], x))
    assert np.isnan(coefficient_table(fitted, "satterthwaite", 0.95).df).all()


@pytest.mark.parametrize(("degrees", "df"), [("satterthwaite", None), ("residual", 20.0), ("none", np.inf)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_tests_and_intervals_are_those_of_t(degrees: Degrees, df: float | None, level: float) -> None:
    fitted = fit(EASY["both, and their product"])
    table = coefficient_table(fitted, degrees, level)
    beta, error = fitted.estimates.beta, fitted.estimates.std_error
    reference = satterthwaite(fitted) if df is None else np.full(4, df)
    # SciPy's distributions are those of scipy.special in other words.
    np.testing.assert_allclose(table.statistic, beta / error, rtol=1e-14)
    np.testing.assert_allclose(table.p_value, 2 * stats.t.sf(np.abs(beta / error), reference), rtol=1e-9)
    low, high = stats.t.interval(level, reference, loc=beta, scale=error)
    np.testing.assert_allclose(np.column_stack([table.low, table.high]), np.column_stack([low, high]), rtol=1e-9)
    np.testing.assert_array_equal(table.df, np.full(4, np.nan) if degrees == "none" else reference)


def test_what_has_no_error_has_no_test() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    table = coefficient_table(fit(design_of(y, codes, x, v), theta=np.inf), "satterthwaite", 0.95)
    for values in (table.statistic, table.df, table.p_value, table.low, table.high):
        assert np.isnan(values).tolist() == [True, False, True]


def test_what_is_known_exactly_has_no_test() -> None:
    _, _, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    table = coefficient_table(fit(design_of(group_means(y, codes), codes, np.arange(24.0))), "residual", 0.95)
    assert np.isnan(table.p_value).tolist() == [False, True]
