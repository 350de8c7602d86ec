"""Whole fits against lme4, from the bytes of a file to the document; reference/lme4/fit.R wrote the numbers."""

import json
import math
from pathlib import Path
from typing import TypedDict

import pytest

from service.contract import FitDocument
from service.fitting import fit_file

REFERENCE = Path(__file__).parent / "reference"
SHIPPED = Path(__file__).parents[1] / "service/data/datasets"


class Model(TypedDict):
    """What lme4 was asked for, and what it made of it; where the variance is zero there are no shares."""

    id: str
    dataset: str
    formula: str
    REML: bool
    weights: str | None
    contrasts: dict[str, str] | None
    n: int
    group: str
    terms: list[str]
    estimate: list[float]
    std_error: list[float]
    df: list[float]
    theta: float
    group_sd: float
    sigma: float
    criterion: float
    deviance: float
    aic: float
    bic: float
    icc: float | None
    r_squared: tuple[float, float] | None
    levels: list[str]
    effect: list[float]
    effect_sd: list[float]


def models() -> list[Model]:
    found: list[Model] = json.loads((REFERENCE / "lme4/models.json").read_text())
    return found


MODELS = {model["id"]: model for model in models()}
FITTED: dict[str, FitDocument] = {}


def fitted(id: str) -> FitDocument:
    """The document of a model, fitted once for all tests."""
    if id not in FITTED:
        model = MODELS[id]
        options = ["method=REML" if model["REML"] else "method=ML"]
        options += [f"weights={model['weights']}"] if model["weights"] else []
        options += [f"contrasts={json.dumps(model['contrasts'])}"] if model["contrasts"] else []
        folder = SHIPPED if model["dataset"] == "radon" else REFERENCE / "data"
        reply = fit_file(str(folder / f"{model['dataset']}.csv"), model["formula"], options)
        assert not reply.failed, reply.body
        FITTED[id] = FitDocument.model_validate_json(reply.body)
    return FITTED[id]


every_model = pytest.mark.parametrize("id", MODELS)


def known(value: float | None) -> float:
    return math.nan if value is None else value


@every_model
def test_coefficients(id: str) -> None:
    ours, theirs = fitted(id).fixed_effects, MODELS[id]
    assert [row.term for row in ours] == theirs["terms"]
    for row, estimate, error in zip(ours, theirs["estimate"], theirs["std_error"], strict=True):
        # fit.R leads theta to 2e-9 and raw powers to the 6th cost lme4 some digits more.
        assert row.estimate == pytest.approx(estimate, rel=0, abs=1e-7 * error)
        assert row.std_error == pytest.approx(error, rel=1e-7, abs=0)


@every_model
def test_spreads(id: str) -> None:
    document, theirs = fitted(id), MODELS[id]
    group, residual = document.variance_components
    assert (group.group, group.term, residual.group) == (theirs["group"], "(Intercept)", "Residual")
    # As above.
    assert group.std_dev == pytest.approx(theirs["group_sd"], rel=1e-7, abs=0)
    assert residual.std_dev == pytest.approx(theirs["sigma"], rel=1e-7, abs=0)
    assert known(document.convergence.theta[0]) == pytest.approx(theirs["theta"], rel=1e-7, abs=0)


@every_model
def test_criterion(id: str) -> None:
    ours, theirs = fitted(id).statistics, MODELS[id]
    # At the optimum the criterion is flat, so theta's error does not show; raw powers to the 6th cost lme4 5e-9.
    for value, expected in (
        (ours.criterion, theirs["criterion"]),
        (ours.deviance, theirs["deviance"]),
        (ours.aic, theirs["aic"]),
        (ours.bic, theirs["bic"]),
    ):
        assert value == pytest.approx(expected, rel=0, abs=1e-8)
    assert fitted(id).model.n_observations == theirs["n"]


@every_model
def test_group_effects(id: str) -> None:
    theirs = MODELS[id]
    effects = fitted(id).random_effects
    assert effects is not None
    ours = effects[theirs["group"]]
    spread = max(theirs["group_sd"], theirs["sigma"])
    assert ours.levels == theirs["levels"]
    # As above, in units of the spread.
    assert [known(row[0]) for row in ours.estimate] == pytest.approx(theirs["effect"], rel=0, abs=1e-7 * spread)
    assert [known(row[0]) for row in ours.std_error] == pytest.approx(theirs["effect_sd"], rel=0, abs=1e-7 * spread)


@every_model
def test_degrees_of_freedom(id: str) -> None:
    ours = [known(row.df) for row in fitted(id).fixed_effects]
    # lmerTest differentiates numerically, with errors of 4e-4; where the variance is zero, across the boundary.
    if MODELS[id]["theta"] > 0:
        assert ours == pytest.approx(MODELS[id]["df"], rel=1e-3)


@pytest.mark.parametrize("id", [id for id, model in MODELS.items() if model["icc"] is not None])
def test_shares_of_variance(id: str) -> None:
    document, theirs = fitted(id), MODELS[id]
    # As above.
    assert document.icc.adjusted == pytest.approx(theirs["icc"], abs=1e-7)
    assert (document.r_squared.marginal, document.r_squared.conditional) == pytest.approx(theirs["r_squared"], abs=1e-7)
