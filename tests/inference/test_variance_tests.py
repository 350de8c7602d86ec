"""Tests of variances: statistics and laws by other software, and the law by its spectral representation."""

import json
from typing import TypedDict

import numpy as np
import pytest
from scipy import stats

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit, fit, null_drops
from service.engine.scalar.model import ScalarModel
from service.errors import InvalidRequest, UnsupportedModel
from service.inference import VarianceTest, variance_tests
from tests.engine.designs import design_of, group_of
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES
from tests.inference.samples import sample
from tests.references import REFERENCE

FEW = 100
"""Draws where the law is not what is tested."""


class Ratios(TypedDict):
    """The rows of lmerTest's ranova."""

    dataset: str
    formula: str
    REML: bool
    statistic: list[float]
    parameters: list[int]
    naive: list[float]


class Tails(TypedDict):
    """How often RLRsim draws a statistic beyond each of these values."""

    dataset: str
    formula: str
    REML: bool
    draws: int
    at: list[float]
    beyond: list[float]


class Written(TypedDict):
    ratios: list[Ratios]
    tails: list[Tails]


WRITTEN: Written = json.loads((REFERENCE / "variances/variances.json").read_text())


def named(reference: Ratios | Tails) -> str:
    return f"{reference['formula']} {'REML' if reference['REML'] else 'ML'}"


@pytest.mark.parametrize("reference", WRITTEN["ratios"], ids=named)
def test_the_ratios_are_ranovas(reference: Ratios) -> None:
    design = sample(reference["dataset"], reference["formula"])
    tests = variance_tests(design, fit(design, restricted=reference["REML"]), FEW, 1)
    # lme4 stops a little above the least criterion, of either model.
    assert [test.statistic for test in tests] == pytest.approx(reference["statistic"], rel=1e-6, abs=1e-5)
    assert [test.n_parameters for test in tests] == reference["parameters"]
    assert [test.p_value_naive for test in tests] == pytest.approx(reference["naive"], rel=1e-4)


def model_of(known: Fit) -> ScalarModel:
    assert isinstance(known.model, ScalarModel)
    return known.model


@pytest.mark.parametrize("reference", WRITTEN["tails"], ids=named)
def test_the_exact_law_is_rlrsims(reference: Tails) -> None:
    known = fit(sample(reference["dataset"], reference["formula"]), restricted=reference["REML"])
    drawn = null_drops(model_of(known), 20_000, np.random.default_rng(1))
    for at, beyond in zip(reference["at"], reference["beyond"], strict=True):
        error = np.sqrt(beyond * (1.0 - beyond) * (1.0 / drawn.size + 1.0 / reference["draws"]))
        # RLRsim takes the largest of a grid of theta, which may fall short of the optimum.
        assert abs(np.mean(drawn > at) - beyond) < 4.5 * error + 2e-3


def spectral_law(design: Design, draws: int, seed: int, phis: Vector) -> Vector:
    """The restricted likelihood ratio by its spectral representation, the supremum over these phi.

    With xi the eigenvalues of Z'(W - W X (X'W X)^-1 X'W) Z and w standard normal, one for each degree of freedom,
    sup_phi nu log(sum w^2 / sum w^2 / (1 + phi xi)) - sum log(1 + phi xi) (Crainiceanu & Ruppert 2004,
    J. R. Stat. Soc. B 66, theorem 1).
    """
    w = np.ones(design.n) if design.weights is None else design.weights
    X = design.X.to_array()
    codes = design.random[0].grouping.codes
    Z = design.random[0].Z.to_array() * (codes[:, None] == np.arange(codes.max() + 1))
    WZ = w[:, None] * Z
    left: Matrix = WZ.T @ Z - WZ.T @ X @ np.linalg.solve(X.T @ (w[:, None] * X), X.T @ WZ)
    xi = np.maximum(np.linalg.eigvalsh(left), 0.0)
    source, nu = np.random.default_rng(seed), design.n - X.shape[1]
    squares = source.chisquare(1, (draws, xi.size))
    rest = source.chisquare(nu - xi.size, draws)
    total = squares.sum(axis=1) + rest
    found = [nu * np.log(total / (rest + squares @ (1 / (1 + t * xi)))) - np.log1p(t * xi).sum() for t in phis]
    law: Vector = np.maximum(np.max(found, axis=0), 0.0)
    return law


@pytest.mark.parametrize("name", ["a predictor", "groups of 1 and 30", "two groups", "group-level predictor"])
def test_the_exact_law_has_its_spectral_representation(name: str) -> None:
    design = EASY[name]
    theirs = spectral_law(design, 10_000, 1, np.geomspace(1e-4, 1e6, 400))
    ours = null_drops(model_of(fit(design)), 10_000, np.random.default_rng(2))
    # What a grid misses is far below 1e-3.
    assert abs(np.mean(ours > 1e-3) - np.mean(theirs > 1e-3)) < 5 * np.sqrt(0.5 / 10_000)
    assert stats.ks_2samp(ours[ours > 1e-3], theirs[theirs > 1e-3]).pvalue > 1e-3


def test_a_p_value_is_uniform_where_the_variance_is_zero() -> None:
    # Of 100 responses without groups as many have a p-value below 1/10 as a tenth, within five standard errors.
    codes, source, below = group_of((1, 2, 3, 4, 5, 6, 3)), np.random.default_rng(3), 0
    for _ in range(100):
        design = design_of(source.normal(size=codes.size), codes)
        (test,) = variance_tests(design, fit(design), FEW, 1)
        below += test.p_value <= 0.1
    assert abs(below / 100 - 0.1) < 5 * np.sqrt(0.09 / 100)


def tried(name: str) -> list[VarianceTest]:
    return variance_tests(STRUCTURES[name], fit(STRUCTURES[name]), FEW, 1)


def test_one_variance_is_half_zero_and_half_chi_squared() -> None:
    first, second = tried("crossed")
    for test in (first, second):
        assert (test.method, test.mixture, test.n_parameters) == ("mixture", (0, 1), 1)
        assert test.statistic > 0
        assert test.p_value == test.p_value_mixture == pytest.approx(0.5 * stats.chi2(1).sf(test.statistic), rel=1e-12)
        assert test.p_value_naive == pytest.approx(2 * test.p_value, rel=1e-12)


def test_a_slope_leaves_with_its_correlations() -> None:
    tests = tried("three coefficients")
    assert [test.removal.removed for test in tests] == [(1,), (2,)]
    for test in tests:
        assert (test.method, test.mixture, test.n_parameters) == ("mixture", (2, 3), 3)
        halves = 0.5 * (stats.chi2(2).sf(test.statistic) + stats.chi2(3).sf(test.statistic))
        assert test.p_value == pytest.approx(halves, rel=1e-12)


def test_the_columns_of_a_factor_leave_together_and_have_no_mixture() -> None:
    (test,) = tried("a factor")
    assert (test.removal.removed, test.method, test.mixture, test.n_parameters) == ((1, 2), "conservative", None, 5)
    assert np.isnan(test.p_value_mixture)
    assert test.p_value == test.p_value_naive == pytest.approx(stats.chi2(5).sf(test.statistic), rel=1e-12)


def test_where_nothing_is_left_the_model_is_without_groups() -> None:
    (test,) = tried("a factor without intercept")
    design = STRUCTURES["a factor without intercept"]
    known = fit(design)
    nothing = fit(design, theta=[0.0] * known.estimates.theta.size)
    assert test.statistic == pytest.approx(nothing.criterion - known.criterion, rel=1e-12)
    assert test.n_parameters == known.estimates.theta.size


def test_a_variance_estimated_as_zero_is_no_evidence() -> None:
    (test,) = variance_tests(EASY["theta 0"], fit(EASY["theta 0"]), FEW, 1)
    assert (test.statistic, test.p_value, test.error, test.p_value_mixture) == (0.0, 1.0, 0.0, 1.0)


def test_a_p_value_that_is_drawn_is_never_zero_and_has_an_error() -> None:
    design = EASY["theta 1e3"]
    (test,) = variance_tests(design, fit(design), 999, 1)
    assert (test.method, test.p_value) == ("exact", 0.001)
    assert test.error == pytest.approx(np.sqrt(0.001 * 0.999 / 999))
    assert variance_tests(design, fit(design), 999, 1) == [test]


def test_what_the_data_cannot_tell_has_no_p_value() -> None:
    # The indicators of all groups leave nothing between them.
    codes = group_of((3, 4, 5))
    design = design_of(np.sin(np.arange(12.0)), codes, codes == 1, codes == 2)
    known = fit(design)
    assert known.is_flat
    (test,) = variance_tests(design, known, FEW, 1)
    assert np.isnan([test.statistic, test.p_value, test.error, test.p_value_mixture, test.p_value_naive]).all()


def test_a_search_that_did_not_converge_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = fit(STRUCTURES["crossed"])
    monkeypatch.setattr("service.engine.scalar.optimum.TOLERANCE", -1.0)
    assert np.isnan([test.p_value for test in variance_tests(STRUCTURES["crossed"], known, FEW, 1)]).all()


def test_a_held_theta_is_not_tested() -> None:
    with pytest.raises(InvalidRequest, match="held"):
        variance_tests(EASY["a predictor"], fit(EASY["a predictor"], theta=[1.0]), FEW, 1)


def test_without_noise_there_is_no_ratio() -> None:
    codes = group_of((2, 3, 2))
    exact = design_of(np.array([1.0, 3.0, 4.0])[codes], codes)
    with pytest.raises(UnsupportedModel, match="no noise"):
        variance_tests(exact, fit(exact), FEW, 1)
