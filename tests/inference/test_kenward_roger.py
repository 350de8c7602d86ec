"""Kenward & Roger's adjustment: the paper's formulas with matrices n by n, closed forms, and what does not exist."""

from dataclasses import replace

import numpy as np
import pytest

from service.arrays import Matrix
from service.design import Design
from service.engine import fit
from service.inference import KenwardRoger, degrees_of_freedom, kenward_roger
from tests.engine.designs import design_of, group_means, group_of, model, random_rows
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE, simulated
from tests.engine.textbook import inverted, textbook_of

SCALAR = [
    "no predictor",
    "both, and their product",
    "weights over 6 decades",
    "factor without intercept",
    "no intercept",
    "group-level predictor alone",
    "offset",
    "groups of 1 and 30",
    "two groups, 1 and 40",
    "theta 0",
    "a column twice",
]
SEVERAL = [
    "three coefficients, weights",
    "a term, and another of the same factor",
    "crossed, slopes by both, weights",
    "nested in two that are crossed",
    "nested, a factor's slopes around",
]
"""What the engine says of all structures has its own test (engine/test_covariance_slopes.py)."""


def by_the_book(design: Design) -> KenwardRoger:
    """The paper's formulas, and the paper's test of each coefficient by F, at the estimates by REML."""
    estimates = fit(design).estimates
    book = textbook_of(design, estimates.kept, restricted=True)
    psis = [factor.root @ factor.root.T for factor in estimates.factors]
    V = estimates.sigma**2 * book.covariance(psis)
    slopes = [np.diag(1.0 / book.weights)]
    for place, factor in enumerate(estimates.factors):
        for term in factor.factor.terms:
            for a in range(term.start, term.stop):
                for b in range(a, term.stop):
                    change = [np.zeros_like(psi) for psi in psis]
                    change[place][a, b] = change[place][b, a] = 1.0
                    slopes.append(book.covariance(change, noise=False))
    inverse, X = inverted(V), book.X
    turned = [inverse @ own for own in slopes]
    Phi = inverted(X.T @ inverse @ X)
    P = [-X.T @ own @ inverse @ X for own in turned]
    Q = [[X.T @ own @ other @ inverse @ X for other in turned] for own in turned]
    count = range(len(slopes))
    information = np.array(
        [
            [
                np.trace(turned[i] @ turned[j]) - 2 * np.trace(Phi @ Q[i][j]) + np.trace(Phi @ P[i] @ Phi @ P[j])
                for j in count
            ]
            for i in count
        ]
    )
    size = np.sqrt(information.diagonal())
    W = 2 * np.linalg.inv(information / np.outer(size, size)) / np.outer(size, size)
    adjusted = Phi + 2 * Phi @ sum(W[i, j] * (Q[i][j] - P[i] @ Phi @ P[j]) for i in count for j in count) @ Phi
    df = np.array([f_test(Phi, P, W, k) for k in range(len(Phi))])
    return KenwardRoger(df, np.sqrt(np.diag(adjusted)), adjusted)


def f_test(Phi: Matrix, P: list[Matrix], W: Matrix, k: int) -> float:
    """The denominator's degrees of freedom of the test of coefficient k, by all steps of the paper's section 2."""
    theta = np.zeros_like(Phi)
    theta[k, k] = 1.0 / Phi[k, k]
    turned = [theta @ Phi @ own @ Phi for own in P]
    count = range(len(P))
    A1 = sum(W[i, j] * np.trace(turned[i]) * np.trace(turned[j]) for i in count for j in count)
    A2 = sum(W[i, j] * np.trace(turned[i] @ turned[j]) for i in count for j in count)
    B = (A1 + 6 * A2) / 2
    g = (2 * A1 - 5 * A2) / (3 * A2)
    c1, c2, c3 = g / (3 + 2 * (1 - g)), (1 - g) / (3 + 2 * (1 - g)), (3 - g) / (3 + 2 * (1 - g))
    mean, variance = 1 / (1 - A2), 2 * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    rho = variance / (2 * mean**2)
    df = 4 + 3 / (rho - 1)
    # The scale of F.
    assert df / (mean * (df - 2)) == pytest.approx(1.0, rel=1e-6)
    return float(df)


def assert_same(found: KenwardRoger, expected: KenwardRoger, tolerance: float) -> None:
    np.testing.assert_allclose(found.df, expected.df, rtol=tolerance)
    np.testing.assert_allclose(found.std_error, expected.std_error, rtol=tolerance)
    apart = (found.covariance - expected.covariance) / np.outer(expected.std_error, expected.std_error)
    np.testing.assert_allclose(apart, 0.0, atol=tolerance)


@pytest.mark.parametrize("name", SCALAR)
def test_one_varying_intercept(name: str) -> None:
    # The witness loses what its V is conditioned by, a million at most.
    assert_same(kenward_roger(fit(EASY[name])), by_the_book(EASY[name]), 1e-8)


@pytest.mark.parametrize("name", SEVERAL)
def test_any_random_effects(name: str) -> None:
    assert_same(kenward_roger(fit(STRUCTURES[name])), by_the_book(STRUCTURES[name]), 1e-8)


@pytest.mark.parametrize("name", ["crossed, slopes by both, weights", "nested in two that are crossed"])
def test_what_would_take_too_large_a_matrix_comes_by_differences(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = fit(STRUCTURES[name])
    exact = kenward_roger(fitted)
    monkeypatch.setattr("service.engine.model.MOST_ELEMENTS", 0)
    found = kenward_roger(fitted)
    assert found.df.tolist() != exact.df.tolist()
    # Of the differences (engine/turned_by_differences.py).
    assert_same(found, exact, 1e-6)


def test_groups_of_one_size_are_their_means() -> None:
    codes = group_of((4,) * 6)
    x = np.tile([-1.5, -0.5, 0.5, 1.5], 6)
    fitted = fit(design_of(np.sin(np.arange(24.0)) + codes, codes, x))
    found = kenward_roger(fitted)
    # Exact F tests: 6 - 1 between groups, 24 - 6 - 1 within them; nothing has to be allowed for.
    np.testing.assert_allclose(found.df, [5.0, 17.0], rtol=1e-12)
    np.testing.assert_allclose(found.std_error, fitted.estimates.std_error, rtol=1e-12)


def test_the_boundary_counts_as_if_the_variance_were_not_known_to_be_zero() -> None:
    fitted = fit(EASY["theta 0"])
    found = kenward_roger(fitted)
    # The mean of six groups of one size.
    np.testing.assert_allclose(found.df, [5.0], rtol=1e-12)
    np.testing.assert_allclose(found.std_error, fitted.estimates.std_error, rtol=1e-12)


@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "theta 0"])
def test_a_fit_by_ml_has_that_of_reml(name: str) -> None:
    # Two searches end within 1e-8.
    assert_same(kenward_roger(fit(EASY[name], restricted=False)), kenward_roger(fit(EASY[name])), 1e-7)


@pytest.mark.parametrize("name", ["three coefficients", "crossed, slopes by both, weights", "nested"])
def test_a_fit_of_several_parameters_by_ml_has_that_of_reml(name: str) -> None:
    # As above.
    assert_same(kenward_roger(fit(STRUCTURES[name], restricted=False)), kenward_roger(fit(STRUCTURES[name])), 1e-6)


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize(("design", "theta"), [(EASY["a predictor"], [0.7]), (STRUCTURES["a slope"], [0.5, -0.1, 0.2])])
def test_a_theta_that_is_known_leaves_the_residual_degrees_of_freedom(
    design: Design, theta: list[float], restricted: bool
) -> None:
    found = kenward_roger(fit(design, theta=theta, restricted=restricted))
    plain = fit(design, theta=theta).estimates
    assert found.df.tolist() == [design.n - 2.0] * 2
    # The same number in two ways.
    np.testing.assert_allclose(found.std_error, plain.std_error, rtol=1e-14)
    np.testing.assert_allclose(found.covariance, plain.covariance, rtol=1e-14)


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
def test_no_pooling_is_least_squares(restricted: bool) -> None:
    fitted = fit(EASY["both, and their product"], theta=[np.inf], restricted=restricted)
    found = kenward_roger(fitted)
    np.testing.assert_array_equal(found.std_error, fitted.estimates.std_error)
    # 24 rows less seven groups and the two slopes within them.
    assert found.df.tolist() == [15.0] * 4


def test_without_noise_the_means_of_groups_are_all_there_is() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    fitted = fit(design_of(group_means(y - 2 * x, codes), codes, v))
    found = kenward_roger(fitted)
    # Five means less two coefficients.
    assert found.df.tolist() == [3.0, 3.0]
    np.testing.assert_array_equal(found.std_error, fitted.estimates.std_error)
    by_ml = kenward_roger(fit(design_of(group_means(y - 2 * x, codes), codes, v), restricted=False))
    assert np.isnan(by_ml.df).all()
    assert np.isnan(by_ml.std_error).all()


def test_without_noise_nor_means_alone_there_is_none() -> None:
    design = model("y ~ 1 + (1 | g) + (1 | h)", TABLE | {"y": np.cos(np.arange(48) % 9)})
    found = kenward_roger(fit(design))
    assert np.isnan([*found.df, *found.std_error, *found.covariance.ravel()]).all()


def test_a_variance_that_the_rows_do_not_tell_is_allowed_for_where_it_counts() -> None:
    table = TABLE | {"m": TABLE["g"]}
    once = simulated(model("y ~ x + (1 | g)", table), 3)
    twice = replace(model("y ~ x + (1 | g) + (1 | m)", table), y=once.y)
    # How the variance is shared out does not matter to the coefficients; a search of two thetas ends within 1e-6.
    assert_same(kenward_roger(fit(twice)), kenward_roger(fit(once)), 1e-5)


def test_a_variance_that_the_rows_do_not_tell_leaves_none_where_it_counts() -> None:
    found = kenward_roger(fit(simulated(model("y ~ d + x + (1 | d) + (1 | h)", TABLE), 5)))
    # The indicators of d vary as much as d does; x does not.
    assert np.isnan(found.df).tolist() == [True] * 6 + [False]
    assert np.isnan(found.std_error).tolist() == [True] * 6 + [False]
    assert np.isnan(found.covariance).tolist() == [[True] * 7] * 6 + [[True] * 6 + [False]]


def test_a_criterion_without_theta_leaves_none() -> None:
    codes = group_of((4,) * 6)
    found = kenward_roger(fit(model("y ~ g + (1 | g)", {"y": np.sin(np.arange(24.0)), "g": codes})))
    assert np.isnan(found.df).all()


@pytest.mark.parametrize("design", [EASY["no coefficient"], STRUCTURES["crossed, no coefficient"]])
def test_no_coefficients(design: Design) -> None:
    assert kenward_roger(fit(design)).covariance.shape == (0, 0)


@pytest.mark.parametrize("name", ["both, and their product", "x in 1e6 at 1e6", "y in 1e160", "x in 1e-200"])
def test_the_degrees_of_freedom_are_those_of_the_adjustment(name: str) -> None:
    fitted = fit(EASY[name])
    np.testing.assert_array_equal(degrees_of_freedom(fitted, "kenward-roger"), kenward_roger(fitted).df)
