"""Weights, offsets, codings and no intercept, against lme4; reference/report/lmer.R wrote the numbers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import numpy as np
import pytest

from tests.questions import document


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


REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "report" / "lmer.json").read_text())
FITS: Mapping[str, Fitted] = REFERENCE["fits"]

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
