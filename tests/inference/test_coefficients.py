"""Degrees of freedom, tests and intervals of coefficients."""

import sys

import numpy as np
import pytest
from scipy import stats

from service.data import dataset
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.inference import coefficient_table, degrees_of_freedom
from service.inference.coefficients import Degrees
from tests.engine.designs import design_of, group_means, group_of, model, random_rows
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES
from tests.inference.differences import Witness

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
SCALAR = [
    "both, and their product",
    "weights over 6 decades",
    "factor without intercept",
    "x in 1e6 at 1e6",
    "y in 1e160",
    "x in 1e-200",
    "groups of 1 and 30",
    "theta 1e3",
]
ONE_FACTOR = ["a slope", "a slope, uncorrelated", "a term, and another of the same factor", "a slope, weights"]
SEVERAL_FACTORS = ["crossed", "three crossed", "crossed, a slope by one", "nested", "crossed, weights"]
TOLERANCES = dict.fromkeys(ONE_FACTOR, 1e-9) | dict.fromkeys(SEVERAL_FACTORS, 1e-6)
"""With one factor the Hessian is exact; otherwise it is made of differences, with errors of 1e-8 (engine/model.py)."""


@METHODS
@pytest.mark.parametrize("name", SCALAR)
def test_satterthwaite_is_the_delta_method(name: str, restricted: bool) -> None:
    fitted = fit(EASY[name], restricted=restricted)
    expected = Witness(EASY[name], fitted).satterthwaite()
    # The Hessian is taken at the engine's theta, right to 1e-8 or better.
    np.testing.assert_allclose(degrees_of_freedom(fitted, "satterthwaite"), expected, rtol=1e-7)


@METHODS
@pytest.mark.parametrize("name", TOLERANCES)
def test_satterthwaite_is_the_delta_method_for_any_random_effects(name: str, restricted: bool) -> None:
    fitted = fit(STRUCTURES[name], restricted=restricted)
    expected = Witness(STRUCTURES[name], fitted).satterthwaite()
    np.testing.assert_allclose(degrees_of_freedom(fitted, "satterthwaite"), expected, rtol=TOLERANCES[name])


LMERTEST = {
    "floor + (1 | county)": [87.6622222, 914.8698690],
    "floor + (floor | county)": [71.6609181, 39.4434138],
    "floor + (floor || county)": [85.4164845, 37.5543634],
    "floor + (0 + floor | county)": [863.9530696, 52.3031868],
    "floor * log_uranium + (1 + floor | county)": [43.5421803, 35.4888896, 40.7422861, 36.1305873],
}
"""Models of the radon survey, and degrees of freedom by lmerTest 3.1-3."""


def test_a_predictor_balanced_within_groups_has_the_residual_degrees_of_freedom() -> None:
    codes = group_of((4,) * 6)
    x = np.tile([-1.5, -0.5, 0.5, 1.5], 6)
    y = np.sin(np.arange(24.0)) + codes
    df = degrees_of_freedom(fit(design_of(y, codes, x)), "satterthwaite")
    # Exact F tests: 6 - 1 between groups, 24 - 6 - 1 within them.
    np.testing.assert_allclose(df, [5.0, 17.0], rtol=1e-10)


def balanced(formula: str, y: np.ndarray) -> np.ndarray:
    """Degrees of freedom in six groups a with four values of x each, which are the groups of b as well."""
    columns = {"y": y, "x": np.tile([-1.5, -0.5, 0.5, 1.5], 6), "a": group_of((4,) * 6), "b": np.tile(np.arange(4), 6)}
    return degrees_of_freedom(fit(model(formula, columns)), "satterthwaite")


LINES = np.sin(7.0 * np.arange(24) ** 2) + np.repeat(np.cos(5.0 * np.arange(6) ** 2), 4)
SLOPES = np.repeat(np.sin(3.0 * np.arange(6) ** 2), 4) * np.tile([-1.5, -0.5, 0.5, 1.5], 6)


@pytest.mark.parametrize("term", ["(x | a)", "(x || a)"])
def test_coefficients_that_vary_have_those_of_the_groups(term: str) -> None:
    # As if the six groups' own lines were the observations; roundings of a singular value decomposition.
    np.testing.assert_allclose(balanced(f"y ~ x + {term}", LINES + 3 * SLOPES), [5.0, 5.0], rtol=1e-8)


def test_a_factor_without_variance_leaves_those_of_the_model_without_it() -> None:
    # The columns' means are alike, so that the variance between them is 0; differences err by 1e-8.
    alike = LINES - (LINES.reshape(6, 4).mean(axis=0) - LINES.mean())[np.tile(np.arange(4), 6)] + SLOPES.mean()
    np.testing.assert_allclose(balanced("y ~ 1 + (1 | a) + (1 | b)", alike), balanced("y ~ 1 + (1 | a)", alike), 1e-6)


@pytest.mark.parametrize("formula", LMERTEST)
def test_the_radon_survey(formula: str) -> None:
    fitted = fit(make_design(read(f"log_radon ~ {formula}"), dataset("radon")))
    # lmerTest differentiates numerically.
    np.testing.assert_allclose(degrees_of_freedom(fitted, "satterthwaite"), LMERTEST[formula], rtol=1e-6)


@pytest.mark.parametrize("theta", [0.0, 0.7, np.inf])
def test_a_theta_that_is_known_leaves_the_residual_degrees_of_freedom(theta: float) -> None:
    fitted = fit(EASY["a predictor"], theta=[theta])
    # 24 rows less two coefficients, or less the slope and 7 groups.
    df = 16.0 if theta == np.inf else 22.0
    assert degrees_of_freedom(fitted, "satterthwaite").tolist() == [df, df]


def test_several_thetas_that_are_known_leave_them_too() -> None:
    fitted = fit(STRUCTURES["a slope"], theta=[0.5, -0.1, 0.2])
    assert degrees_of_freedom(fitted, "satterthwaite").tolist() == [46.0, 46.0]


@METHODS
def test_the_boundary_has_the_residual_degrees_of_freedom(restricted: bool) -> None:
    fitted = fit(EASY["theta 0"], restricted=restricted)
    assert degrees_of_freedom(fitted, "satterthwaite").tolist() == [23.0 if restricted else 24.0]


def without_noise(formula: str) -> np.ndarray:
    """Satterthwaite's degrees of freedom of a response that the groups' own lines reproduce."""
    lines = np.repeat(np.cos(5.0 * np.arange(6) ** 2), 4) + (SLOPES if "x | a" in formula else 0.0)
    return balanced(formula, lines + (np.tile(np.sin(np.arange(4.0) ** 2), 6) if "b" in formula else 0.0))


def test_without_noise_one_variance_has_the_degrees_of_freedom_of_the_groups() -> None:
    np.testing.assert_array_equal(without_noise("y ~ 1 + (1 | a)"), [5.0])


@pytest.mark.parametrize("random", ["(x | a)", "(1 | a) + (0 + x | a)", "(1 | a) + (1 | b)"])
def test_without_noise_several_variances_leave_none(random: str) -> None:
    # Those of the residual, 22, would make six groups' lines as many observations as there are rows.
    assert np.isnan(without_noise(f"y ~ x + {random}")).all()


def test_variances_that_cannot_be_told_apart_leave_none() -> None:
    # The one row to spare within groups is explained by x: any sigma will do, if theta is large.
    x = np.array([-1.01, 0.76, 0.3, -0.42, 1.2, 0.5])
    fitted = fit(design_of(2 * x + [1.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 1, 2, 3, 4], x))
    df = degrees_of_freedom(fitted, "satterthwaite")
    assert np.isnan(df).all()
    assert np.isnan(coefficient_table(fitted, df, 0.95).p_value).all()


def of_six_groups(formula: str) -> np.ndarray:
    """Satterthwaite's degrees of freedom in six groups a, crossed with five b."""
    rows = np.arange(48.0)
    columns = {
        "a": np.repeat(np.arange(6), 8),
        "b": np.arange(48) * 7 % 5,
        "x": np.sin(rows**2),
        "y": np.repeat(np.cos(5.0 * np.arange(6) ** 2), 8) * (1.0 + np.sin(rows**2)) + np.cos(3.0 * rows**2),
    }
    return degrees_of_freedom(fit(model(formula, columns)), "satterthwaite")


def test_a_coefficient_that_leans_on_what_the_rows_do_not_tell_has_none() -> None:
    # Each group has a coefficient of its own: how much groups vary is anything, and so are those coefficients' errors.
    whole = of_six_groups("y ~ factor(a) + x + (x | a) + (1 | b)")
    assert np.isnan(whole).tolist() == [True] * 6 + [False]
    # What groups have in common with their slopes is not told either: the slope's error is as if slopes alone varied.
    # Differences err by 1e-8, and more where directions of theta are told apart.
    slopes = of_six_groups("y ~ factor(a) + x + (0 + x | a) + (1 | b)")
    np.testing.assert_allclose(whole[-1], slopes[-1], rtol=1e-6)


@pytest.mark.parametrize(("degrees", "df"), [("satterthwaite", None), ("residual", 20.0), ("none", np.inf)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_tests_and_intervals_are_those_of_t(degrees: Degrees, df: float | None, level: float) -> None:
    fitted = fit(EASY["both, and their product"])
    reference = degrees_of_freedom(fitted, degrees)
    assert df is None or reference.tolist() == [df] * 4
    table = coefficient_table(fitted, reference, level)
    beta, error = fitted.estimates.beta, fitted.estimates.std_error
    # SciPy's distributions are those of scipy.special in other words.
    np.testing.assert_allclose(table.statistic, beta / error, rtol=1e-14)
    np.testing.assert_allclose(table.p_value, 2 * stats.t.sf(np.abs(beta / error), reference), rtol=1e-9)
    low, high = stats.t.interval(level, reference, loc=beta, scale=error)
    np.testing.assert_allclose(np.column_stack([table.low, table.high]), np.column_stack([low, high]), rtol=1e-9)
    np.testing.assert_array_equal(table.df, np.full(4, np.nan) if degrees == "none" else reference)


def test_an_end_beyond_a_double_is_the_largest_double() -> None:
    table = coefficient_table(fit(EASY["y in 1e160"]), np.full(2, 1e-3), 0.95)
    assert table.low.tolist() == [-sys.float_info.max] * 2
    assert table.high.tolist() == [sys.float_info.max] * 2


def test_what_has_no_error_has_no_test() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    fitted = fit(design_of(y, codes, x, v), theta=[np.inf])
    table = coefficient_table(fitted, degrees_of_freedom(fitted, "satterthwaite"), 0.95)
    for values in (table.statistic, table.df, table.p_value, table.low, table.high):
        assert np.isnan(values).tolist() == [True, False, True]


def test_what_is_known_exactly_has_no_test() -> None:
    _, _, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    fitted = fit(design_of(group_means(y, codes), codes, np.arange(24.0)))
    table = coefficient_table(fitted, degrees_of_freedom(fitted, "residual"), 0.95)
    assert np.isnan(table.p_value).tolist() == [False, True]
