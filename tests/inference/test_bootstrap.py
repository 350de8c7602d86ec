"""The bootstrap: refits of draws in the units of the data, and the intervals between their quantiles."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np
import pytest
from scipy import stats

from service.arrays import Vector
from service.design import Design
from service.engine import Fit, fit
from service.errors import UnsupportedModel
from service.inference import Bootstrap, bootstrap, bootstrap_intervals, customary_shares, simulate
from tests.engine.designs import design_of, group_of, in_chunks, random_rows
from tests.engine.fits import fitted
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES
from tests.inference.samples import sample
from tests.references import REFERENCE

FIXED = ("(Intercept)", "x")
DRAWS = 400
SURE = 5.0
"""Standard errors of a mean of draws that no fixed seed here comes to."""


class Resampled(TypedDict):
    """Quantiles of lme4's bootMer: a row for each coefficient, standard deviation and correlation."""

    dataset: str
    formula: str
    draws: int
    at: list[float]
    quantiles: list[list[float]]


RESAMPLED: list[Resampled] = json.loads((REFERENCE / "variances/variances.json").read_text())["resampled"]


def all_draws(draws: Bootstrap) -> list[Vector]:
    """The draws of every parameter: coefficients, standard deviations and the residual's, correlations."""
    parts = (draws.beta, *draws.spreads, draws.sigma[:, None], *draws.correlations)
    return [column for part in parts for column in part.T]


@pytest.mark.parametrize("reference", RESAMPLED, ids=[each["dataset"] for each in RESAMPLED])
def test_the_draws_are_as_lme4s(reference: Resampled) -> None:
    draws = bootstrap(fit(sample(reference["dataset"], reference["formula"])), 250, 1, FIXED)
    for column, quantiles in zip(all_draws(draws), reference["quantiles"], strict=True):
        known = column[~np.isnan(column)]
        for at, quantile in zip(reference["at"], quantiles, strict=True):
            # lme4's estimates on the boundary are not quite there.
            below, upto = np.mean(known < quantile - 2e-3), np.mean(known <= quantile + 2e-3)
            error = np.sqrt(at * (1.0 - at) * (1.0 / known.size + 1.0 / reference["draws"]))
            assert below - SURE * error < at < upto + SURE * error


@pytest.mark.parametrize("name", ["a slope", "nested, an outer predictor", "crossed, slopes by both, weights"])
def test_at_a_held_theta_it_is_generalised_least_squares(name: str) -> None:
    known = fitted(name)
    held = fit(STRUCTURES[name], theta=(0.1 + known.estimates.theta).tolist())
    draws = bootstrap(held, DRAWS, 2, FIXED)
    estimates = held.estimates
    units = (draws.beta - estimates.beta) / estimates.std_error
    assert draws.failed == 0
    assert (np.abs(units.mean(axis=0)) < SURE / np.sqrt(DRAWS)).all()
    correlation = estimates.covariance / np.outer(estimates.std_error, estimates.std_error)
    assert (np.abs(units.T @ units / DRAWS - correlation) < SURE * np.sqrt((1.0 + correlation**2) / DRAWS)).all()
    squares = estimates.residual_df * (draws.sigma / estimates.sigma) ** 2
    assert stats.kstest(squares, stats.chi2(estimates.residual_df).cdf).pvalue > 1e-3
    for factor, sds in zip(estimates.factors, draws.spreads, strict=True):
        # The ratio is held; a few roundings.
        np.testing.assert_allclose(sds / draws.sigma[:, None], np.tile(factor.sd / estimates.sigma, (DRAWS, 1)), 1e-12)


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("design", [EASY["weights over 6 decades"], STRUCTURES["a slope"]], ids=["intercept", "slope"])
def test_it_is_what_fits_to_simulated_rows_are(design: Design, restricted: bool) -> None:
    known = fit(design, restricted=restricted)
    rows = simulate(design, known.estimates, 60, 3, "new").responses
    refits = [fit(replace(design, y=y), restricted=restricted).estimates for y in rows]
    draws = bootstrap(known, 150, 4, FIXED)
    pairs = [
        (draws.sigma, [each.sigma for each in refits]),
        (draws.spreads[0][:, 0], [each.factors[0].sd[0] for each in refits]),
        (draws.beta[:, -1], [each.beta[-1] for each in refits]),
        (draws.icc, [customary_shares(each, FIXED).icc for each in refits]),
    ]
    for ours, theirs in pairs:
        # Ties, as at 0, only make the test more careful.
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


@pytest.mark.parametrize(
    ("scaled", "unit"),
    [("y in 1e-200", 1e-200), ("y in 1e160", 1e160)],
)
def test_a_unit_of_the_response_is_one_of_the_draws(scaled: str, unit: float) -> None:
    ours, plain = (bootstrap(fit(EASY[name]), 50, 5, FIXED) for name in (scaled, "a predictor"))
    for mine, theirs in zip(all_draws(ours), all_draws(plain), strict=True):
        # The optimum is known to half of the digits where the criterion is flat, at least.
        np.testing.assert_allclose(mine / unit, theirs, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(ours.icc, plain.icc, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(("name", "unit"), [("x in 1e-200", 1e-200), ("x in 1e160", 1e160)])
def test_a_unit_of_a_predictor_is_one_of_its_coefficient(name: str, unit: float) -> None:
    ours, plain = (bootstrap(fit(EASY[each]), 50, 5, FIXED) for each in (name, "a predictor"))
    np.testing.assert_allclose(ours.beta[:, 1] * unit, plain.beta[:, 1], rtol=1e-7)


def test_ratios_of_a_million_survive() -> None:
    x, v, y, codes = random_rows(2, (3, 4, 5, 2, 4, 3), noise=1e-6)
    known = fit(design_of(y, codes, x, v))
    draws = bootstrap(known, 200, 1, FIXED)
    assert draws.failed == 0
    assert np.median(draws.sigma) == pytest.approx(known.estimates.sigma, rel=0.2)
    assert np.median(draws.spreads[0]) == pytest.approx(known.estimates.factors[0].sd[0], rel=0.5)
    # The slope within groups is known as well as the noise is small.
    assert draws.beta[:, 1].std() == pytest.approx(known.estimates.std_error[1], rel=0.25)


@pytest.mark.parametrize("name", ["a slope", "crossed"])
def test_the_same_seed_has_the_same_draws_however_the_rows_came(name: str) -> None:
    design = STRUCTURES[name]
    parts = [np.arange(0, 20), np.arange(20, design.n)]
    first, again, chunked = (
        bootstrap(each, 5, 1, FIXED) for each in (fitted(name), fit(design), fit(in_chunks(design, parts)))
    )
    other = bootstrap(fitted(name), 5, 2, FIXED)
    np.testing.assert_array_equal(first.beta, again.beta)
    # Chunks are added up in another order, and optima of flat criteria have half of the digits.
    np.testing.assert_allclose(chunked.beta, first.beta, rtol=1e-6)
    assert not np.any(other.beta == first.beta)


def boundary() -> Fit:
    """Groups that differ less than their rows would make them."""
    return fit(EASY["theta 0"])


def test_an_interval_may_start_at_zero() -> None:
    intervals, draws = bootstrap_intervals(boundary(), 0.95, DRAWS, 1, FIXED)
    assert np.mean(draws.spreads[0] == 0.0) > 0.4
    assert intervals.spreads[0][0, 0] == 0.0 == intervals.icc[0]
    assert intervals.spreads[0][0, 1] > 0.0
    assert intervals.spreads[1][0, 0] > 0.0


def test_an_end_is_an_order_statistic() -> None:
    # Of 199 draws the ends of 95% are the 5th and the 195th.
    intervals, draws = bootstrap_intervals(fitted("a slope"), 0.95, 199, 1, FIXED)
    assert draws.failed == 0
    ends = [*intervals.fixed, *intervals.spreads[0], *intervals.spreads[1], *intervals.correlations[0]]
    for column, end in zip(all_draws(draws), ends, strict=True):
        np.testing.assert_allclose(end, np.sort(column)[[4, 194]], rtol=1e-12)
    np.testing.assert_allclose(intervals.icc, np.sort(draws.icc)[[4, 194]], rtol=1e-12)


def test_a_correlation_is_that_of_the_draws_that_have_one() -> None:
    known = fit(STRUCTURES["a slope"], theta=[0.5, 0.0, 0.0])
    intervals, draws = bootstrap_intervals(known, 0.9, 20, 1, FIXED)
    assert np.isnan(draws.correlations[0]).all()
    assert np.isnan(intervals.correlations[0]).all()
    assert intervals.correlations[0].shape == (1, 2)


def test_the_icc_counts_what_the_document_counts() -> None:
    known = fitted("a slope that is no predictor")
    with_it, without = (bootstrap(known, 20, 1, names) for names in (("(Intercept)", "x", "z"), ("(Intercept)", "z")))
    assert (without.icc < with_it.icc).all()


def test_a_fit_that_does_not_converge_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.scalar.together.TOLERANCE", -1.0)
    intervals, draws = bootstrap_intervals(fit(EASY["a predictor"]), 0.95, 30, 1, FIXED)
    at_zero = draws.sigma.size
    assert (draws.n, draws.failed) == (30, 30 - at_zero)
    assert draws.failed > 0
    monkeypatch.setattr("service.engine.search.TOLERANCE", -1.0)
    intervals, draws = bootstrap_intervals(fitted("a slope"), 0.95, 5, 1, FIXED)
    assert (draws.failed, draws.beta.shape) == (5, (0, 2))
    assert np.isnan(intervals.fixed).all()


def nothing_to_draw_from() -> Sequence[Fit]:
    codes = group_of((2, 3, 2))
    exact = design_of(np.array([1.0, 3.0, 4.0])[codes], codes)
    return fit(exact), fit(EASY["a predictor"], theta=[np.inf])


def test_without_noise_or_pooling_there_is_nothing_to_draw_from() -> None:
    for known in nothing_to_draw_from():
        with pytest.raises(UnsupportedModel, match="nothing to draw from"):
            bootstrap(known, 10, 1, FIXED)
