"""Profile intervals against lme4's deviance (by ML), against a dense textbook (by REML), and where there are none."""

import json
import math
from dataclasses import replace
from typing import TypedDict

import numpy as np
import pytest

from service.arrays import Vector
from service.design import Design
from service.engine import Fit, fit
from service.inference import ParameterIntervals, profile_intervals
from service.inference.profile.region import drop_of
from tests.engine.designs import design_of, group_of, model, with_columns
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE
from tests.inference.dense import Constraint, Dense
from tests.inference.samples import sample
from tests.references import REFERENCE


class Model(TypedDict):
    """A model fitted by ML and its ends, by parameter; reference/intervals/profile.R wrote it."""

    id: str
    dataset: str
    formula: str
    weights: str | None
    parameters: list[str]
    ends: list[list[float]]


MODELS: list[Model] = json.loads((REFERENCE / "intervals/profile.json").read_text())


def intervals(design: Design, fitted: Fit, level: float = 0.95) -> dict[str, Vector]:
    """The intervals of a fit under lme4's names, those of the ICC under `icc`."""
    names = [design.names[k] for k in fitted.estimates.kept]
    return named(fitted, names, profile_intervals(fitted, level, names))


def named(fitted: Fit, names: list[str], found: ParameterIntervals) -> dict[str, Vector]:
    """Intervals under lme4's names."""
    ends: dict[str, Vector] = {"sigma": found.spreads[-1][0], "icc": found.icc}
    ends |= dict(zip(names, found.fixed, strict=True))
    for factor, spreads, correlations in zip(
        fitted.estimates.factors, found.spreads[:-1], found.correlations, strict=True
    ):
        group, terms = factor.factor.grouping.name, factor.factor.names
        ends |= {f"sd_{term}|{group}": each for term, each in zip(terms, spreads, strict=True)}
        for (i, j), each in zip(factor.factor.pairs, correlations, strict=True):
            ends[f"cor_{terms[j]}.{terms[i]}|{group}"] = each
    return ends


@pytest.mark.parametrize("model", MODELS, ids=[model["id"] for model in MODELS])
def test_by_ml_they_are_those_of_lme4s_deviance(model: Model) -> None:
    design = sample(model["dataset"], model["formula"], weights=model["weights"])
    ours = intervals(design, fit(design, restricted=False))
    assert ours.keys() - {"icc"} == set(model["parameters"])
    for name, (low, high) in zip(model["parameters"], model["ends"], strict=True):
        # R's roots are right to 1e-9, and its file has ten digits.
        assert ours[name].tolist() == pytest.approx([low, high], rel=0, abs=1e-8 * (high - low)), name


DENSE = {
    "one intercept": EASY["both, and their product"],
    "weights": EASY["weights over 6 decades"],
    "a slope": STRUCTURES["a slope"],
    "group-level predictor": STRUCTURES["group-level predictor"],
    "crossed": STRUCTURES["crossed"],
    "crossed, a slope by one": STRUCTURES["crossed, a slope by one"],
    "nested": STRUCTURES["nested"],
}

methods = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])

OFF = 1e-5
"""By how much SciPy, which differentiates by differences, may miss a least deviance."""


def functions(dense: Dense, fitted: Fit) -> dict[str, Constraint]:
    """Every parameter but the coefficients, under lme4's names, as a function of the elements."""
    found = {"sigma": dense.sigma(), "icc": dense.icc()}
    for f, factor in enumerate(fitted.estimates.factors):
        group, terms = factor.factor.grouping.name, factor.factor.names
        found |= {f"sd_{term}|{group}": dense.sd(f, k) for k, term in enumerate(terms)}
        found |= {f"cor_{terms[j]}.{terms[i]}|{group}": dense.correlation(f, i, j) for i, j in factor.factor.pairs}
    return found


def held_at(function: Constraint, value: float) -> Constraint:
    """The constraint that a function has a value."""
    return lambda at: function(at) / value - 1.0


@methods
@pytest.mark.parametrize("name", DENSE)
def test_at_an_end_the_least_deviance_is_on_the_contour(name: str, restricted: bool) -> None:
    fitted = fit(DENSE[name], restricted=restricted)
    ours, dense = intervals(DENSE[name], fitted, 0.8), Dense(DENSE[name], restricted)
    level = dense(dense.start(fitted)) + drop_of(0.8)
    known = functions(dense, fitted)
    for parameter, function in known.items():
        low, high = ours[parameter].tolist()
        assert low < function(dense.start(fitted)) < high
        for end in (low, high):
            # On the bounds the level is not reached.
            if end != 0.0 and abs(end) != 1.0:
                least = dense.least(fitted, held_at(function, end))
                assert least == pytest.approx(level, abs=OFF), parameter


@methods
@pytest.mark.parametrize("name", DENSE)
def test_at_the_end_of_a_coefficient_the_others_are_integrated_out(name: str, restricted: bool) -> None:
    design = DENSE[name]
    fitted = fit(design, restricted=restricted)
    ours = intervals(design, fitted, 0.8)
    for k, term in enumerate(design.names):
        beside = Dense(design, restricted, k)
        level = beside.least(fitted) + drop_of(0.8)
        error = float(fitted.estimates.std_error[k])
        for end in ours[term].tolist():
            least = beside.least(fitted, beside.coefficient(end, error))
            assert least == pytest.approx(level, abs=OFF), term


def test_of_one_coefficient_it_is_that_of_the_likelihood() -> None:
    design = design_of(EASY["no predictor"].y, EASY["no predictor"].random[0].grouping.codes)
    by_reml, by_ml = (intervals(design, fit(design, restricted=restricted)) for restricted in (True, False))
    # The ends of two searches on the same curve.
    assert by_reml["(Intercept)"].tolist() == pytest.approx(by_ml["(Intercept)"].tolist(), rel=1e-10)


def test_an_interval_may_begin_at_zero_where_the_estimate_is() -> None:
    design = EASY["theta 0"]
    ours = intervals(design, fit(design))
    (low, high), share = ours["sd_(Intercept)|g"].tolist(), ours["icc"].tolist()
    assert low == share[0] == 0.0
    assert 0.0 < high < math.inf
    assert 0.0 < share[1] < 1.0


@pytest.mark.parametrize("scale", [1e-200, 1e160])
@pytest.mark.parametrize("name", ["a slope", "crossed", "one intercept"])
def test_the_unit_of_the_response_is_theirs(name: str, scale: float) -> None:
    plain, scaled = DENSE[name], replace(DENSE[name], y=DENSE[name].y * scale)
    ours, theirs = intervals(plain, fit(plain)), intervals(scaled, fit(scaled))
    for parameter, (low, high) in ours.items():
        unit = 1.0 if parameter == "icc" or parameter.startswith("cor") else scale
        # Searches that end within 1e-9 of the level, on the same curve but for rounding.
        near = 1e-8 * max(abs(low), abs(high))
        assert (theirs[parameter] / unit).tolist() == pytest.approx([low, high], rel=0, abs=near), parameter


@pytest.mark.parametrize("name", ["a slope", "crossed", "one intercept"])
def test_a_predictor_far_away_changes_only_the_intercept(name: str) -> None:
    plain = DENSE["a slope"] if name == "a slope" else DENSE[name]
    column = "x" if "x" in plain.names else "x1"
    far = with_columns(plain, **{column: 1e6 * plain.X.column(plain.names.index(column)) + 1e6})
    ours, theirs = intervals(plain, fit(plain)), intervals(far, fit(far))
    assert (1e6 * theirs[column]).tolist() == pytest.approx(ours[column].tolist(), rel=1e-7)
    assert theirs["sigma"].tolist() == pytest.approx(ours["sigma"].tolist(), rel=1e-8)


def test_at_a_held_theta_they_are_closed_forms() -> None:
    design = STRUCTURES["crossed"]
    for restricted in (True, False):
        fitted = fit(design, restricted=restricted, theta=[0.5, 0.0])
        ours, estimates = intervals(design, fitted), fitted.estimates
        dense = Dense(design, restricted)
        start = dense.start(fitted)
        level = dense(start) + drop_of(0.95)
        for end in ours["sigma"].tolist():
            at = np.append(start[:-1], math.log(end))
            assert dense(at) == pytest.approx(level, rel=1e-12)
        (low, high), sd = ours["sd_(Intercept)|g"], float(estimates.factors[0].sd[0])
        assert [low / sd, high / sd] == pytest.approx((ours["sigma"] / estimates.sigma).tolist(), rel=1e-14)
        assert np.isnan([ours["sd_(Intercept)|h"], ours["icc"]]).all()
        beside = Dense(design, restricted, 1)
        b = beside.start(fitted)
        for end in ours["x"].tolist():
            nu = dense.book.nu + int(restricted)
            excess = nu * math.log1p(((end - b[-1]) / float(estimates.std_error[1])) ** 2 / dense.book.nu)
            assert excess == pytest.approx(drop_of(0.95), rel=1e-12)


def test_without_pooling_they_are_those_of_the_classical_regression() -> None:
    design = EASY["a predictor"]
    fitted = fit(design, theta=[math.inf])
    ours, nu = intervals(design, fitted), fitted.estimates.residual_df
    for end in ours["sigma"].tolist():
        u = 2.0 * math.log(end / fitted.estimates.sigma)
        assert nu * (u + math.expm1(-u)) == pytest.approx(drop_of(0.95), rel=1e-10)
    assert np.isfinite(ours["x1"]).all()
    assert np.isnan([ours["(Intercept)"], ours["sd_(Intercept)|g"], ours["icc"]]).all()


CODES = group_of((3, 4, 2, 5))
NOTHING = {
    "y constant within groups": design_of(np.array([1.0, 3.0, 4.0, 2.0])[CODES], CODES),
    "an indicator of each group": design_of(np.sin(np.arange(14.0) ** 2), CODES, *np.eye(4)[1:, CODES]),
}


@pytest.mark.parametrize("name", NOTHING)
def test_without_noise_or_information_there_are_none(name: str) -> None:
    fitted = fit(NOTHING[name])
    assert fitted.model is None or fitted.is_flat
    assert all(np.isnan(ends).all() for ends in intervals(NOTHING[name], fitted).values())


def test_variances_that_the_rows_do_not_tell_apart_reach_from_zero() -> None:
    design = STRUCTURES["crossed"]
    first, second = design.random
    again = replace(second, grouping=replace(first.grouping, name="again"))
    twice = replace(design, random=(first, again))
    ours = intervals(twice, fit(twice))
    alone = replace(design, random=(first,))
    expected = intervals(alone, fit(alone))
    for group in ("g", "again"):
        low, high = ours[f"sd_(Intercept)|{group}"].tolist()
        assert low == 0.0
        # Where the other's is zero it is the only one.
        assert high == pytest.approx(expected["sd_(Intercept)|g"][1], rel=1e-6)


def test_the_correlation_of_what_may_not_vary_may_be_any() -> None:
    design = model("y ~ x + (x | g)", {**TABLE, "y": np.sin(7.0 * np.arange(48.0) ** 2)})
    ours = intervals(design, fit(design))
    spreads = [ours["sd_(Intercept)|g"][0], ours["sd_x|g"][0]]
    assert 0.0 in spreads
    assert ours["cor_x.(Intercept)|g"].tolist() == [-1.0, 1.0]
