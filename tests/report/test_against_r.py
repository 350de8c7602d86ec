"""Weights, offsets, codings, no intercept and random effects of every structure, against lme4; reference/report/lmer.R
wrote the numbers.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypedDict

import numpy as np
import pytest

from service.contract import FitDocument
from tests.tasks.questions import document


class Fitted(TypedDict):
    formula: str
    weights: str | None
    levels: list[str] | None
    contrasts: str | None
    fixed_terms: list[str]
    estimate: list[float]
    std_error: list[float]
    terms: list[str]
    coefficients: list[list[float]]
    random_effects: list[float]
    fitted: list[float]
    residuals: list[float]
    criterion: float


class Spreads(TypedDict):
    grp: list[str]
    var1: list[str | None]
    sdcor: list[float]


class Correlations(TypedDict):
    grp: list[str]
    var1: list[str]
    var2: list[str]
    sdcor: list[float]


class Effects(TypedDict):
    levels: list[str]
    terms: list[str]
    estimate: list[list[float]]
    std_error: list[list[float]]
    line_terms: list[str]
    lines: list[list[float]]


class Structure(TypedDict):
    formula: str
    weights: str | None
    estimate: list[float]
    std_error: list[float]
    theta: list[float]
    sizes: dict[str, int]
    spreads: Spreads
    correlations: Correlations
    parts: dict[str, Effects]
    fitted: list[float]
    criterion: float
    shares: list[float]


REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "report" / "lmer.json").read_text())
FITS: Mapping[str, Fitted] = REFERENCE["fits"]
STRUCTURES: Mapping[str, Structure] = {
    f"{case['formula']}{', weights' if case['weights'] else ''}": case for case in REFERENCE["structures"]
}

OPTIMUM = 2e-6  # lmer's own optimum: its trust region ends at a radius of 1e-9, and errors of theta move the others


@pytest.mark.parametrize("name", FITS)
def test_options_mean_what_they_mean_in_lme4(name: str) -> None:
    case = FITS[name]
    found = document(
        {
            "data": REFERENCE["table"],
            "formula": case["formula"],
            "weights": case["weights"],
            "levels": {"f": case["levels"]} if case["levels"] else {},
            "contrasts": {"f": case["contrasts"]} if case["contrasts"] else {},
            "include": ["random_effects", "coefficients", "fitted", "residuals"],
        }
    )
    lines, effects = (found.coefficients or {})["g"], (found.random_effects or {})["g"]
    assert found.model.weights == case["weights"]
    assert found.model.fixed_terms == case["fixed_terms"]
    assert [effect.estimate for effect in found.fixed_effects] == pytest.approx(case["estimate"], rel=OPTIMUM)
    assert [effect.std_error for effect in found.fixed_effects] == pytest.approx(case["std_error"], rel=OPTIMUM)
    assert lines.terms == case["terms"]
    np.testing.assert_allclose(np.array(lines.estimate, dtype=float), case["coefficients"], rtol=OPTIMUM)
    np.testing.assert_allclose(np.array(effects.estimate, dtype=float)[:, 0], case["random_effects"], rtol=OPTIMUM)
    np.testing.assert_allclose(found.fitted or [], case["fitted"], rtol=OPTIMUM)
    np.testing.assert_allclose(found.residuals or [], case["residuals"], rtol=1e-5)  # small differences of the above
    assert found.statistics.criterion == pytest.approx(case["criterion"], rel=1e-12)  # flat at the optimum


every_structure = pytest.mark.parametrize("name", STRUCTURES)


@cache
def found(name: str) -> FitDocument:
    case = STRUCTURES[name]
    include = ["random_effects", "coefficients", "fitted"]
    options = {"formula": case["formula"], "weights": case["weights"], "include": include}
    return document({"data": REFERENCE["larger"], **options})


@every_structure
def test_random_effects_of_every_structure(name: str) -> None:
    case, effects = STRUCTURES[name], found(name).random_effects or {}
    assert list(effects) == list(case["parts"])
    assert [(factor.group, factor.n_groups) for factor in found(name).model.grouping_factors] == [
        *case["sizes"].items()
    ]
    for group, part in case["parts"].items():
        assert (effects[group].levels, effects[group].terms) == (part["levels"], part["terms"])
        # As above, in units of one.
        np.testing.assert_allclose(np.array(effects[group].estimate, dtype=float), part["estimate"], atol=OPTIMUM)
        np.testing.assert_allclose(np.array(effects[group].std_error, dtype=float), part["std_error"], rtol=1e-5)


@every_structure
def test_coefficients_of_every_group(name: str) -> None:
    case, lines = STRUCTURES[name], found(name).coefficients or {}
    assert list(lines) == list(case["parts"])
    for group, part in case["parts"].items():
        assert (lines[group].levels, lines[group].terms) == (part["levels"], part["line_terms"])
        np.testing.assert_allclose(np.array(lines[group].estimate, dtype=float), part["lines"], atol=OPTIMUM)


@every_structure
def test_standard_deviations_and_correlations(name: str) -> None:
    case, whole = STRUCTURES[name], found(name)
    theirs = case["spreads"]
    # R numbers the further terms of a factor, and has the terms of a factor apart where another's is between them.
    names = [(group.split(".")[0], term) for group, term in zip(theirs["grp"], theirs["var1"], strict=True)]
    spreads = {(row.group, row.term): row.std_dev for row in whole.variance_components}
    assert spreads == pytest.approx(dict(zip(names, theirs["sdcor"], strict=True)), rel=OPTIMUM)
    pairs = case["correlations"]
    assert [(row.group, row.term_1, row.term_2) for row in whole.random_correlations] == list(
        zip(pairs["grp"], pairs["var1"], pairs["var2"], strict=True)
    )
    assert [row.correlation for row in whole.random_correlations] == pytest.approx(pairs["sdcor"], abs=OPTIMUM)
    assert whole.convergence.theta == pytest.approx(case["theta"], abs=OPTIMUM)


@every_structure
def test_the_rest_of_the_document(name: str) -> None:
    case, whole = STRUCTURES[name], found(name)
    assert [effect.estimate for effect in whole.fixed_effects] == pytest.approx(case["estimate"], rel=OPTIMUM)
    assert [effect.std_error for effect in whole.fixed_effects] == pytest.approx(case["std_error"], rel=OPTIMUM)
    np.testing.assert_allclose(whole.fitted or [], case["fitted"], atol=OPTIMUM)
    assert whole.statistics.criterion == pytest.approx(case["criterion"], rel=1e-12)  # flat at the optimum
    shares = [whole.icc.adjusted, whole.r_squared.marginal, whole.r_squared.conditional]
    assert shares == pytest.approx(case["shares"], rel=OPTIMUM)


@every_structure
def test_a_theta_may_be_sent_back(name: str) -> None:
    case, whole = STRUCTURES[name], found(name)
    theta = whole.convergence.theta
    options = {"formula": case["formula"], "weights": case["weights"], "theta": theta}
    again = document({"data": REFERENCE["larger"], **options})
    assert again.convergence.theta == theta
    # No search, and the same numbers but for rounding.
    assert again.statistics.criterion == pytest.approx(whole.statistics.criterion, rel=1e-13)
    errors = [effect.std_error for effect in whole.fixed_effects]
    assert [effect.std_error for effect in again.fixed_effects] == pytest.approx(errors, rel=1e-11)
