"""Whole fits against lme4, from the bytes of a file to the document; reference/lme4/fit.R wrote the numbers."""

import json
import math
from itertools import combinations
from typing import TypedDict

import pytest

from service.contract import FitDocument
from service.tasks.fits import fit_file
from tests.references import REFERENCE, csv_of


class Factor(TypedDict):
    """A grouping factor, its terms side by side; effects of its first groups, a row each.

    Only coefficients of one term are correlated, and only if both vary; other correlations are null.
    """

    group: str
    terms: list[str]
    sd: list[float]
    correlation: list[list[float | None]] | None
    groups: int
    levels: list[str]
    effect: list[list[float]]
    effect_sd: list[list[float]]


class Model(TypedDict):
    """What lme4 was asked for, and what it made of it; shares of variance are null where performance knows none."""

    id: str
    dataset: str
    formula: str
    REML: bool
    weights: str | None
    contrasts: dict[str, str] | None
    n: int
    terms: list[str]
    estimate: list[float]
    std_error: list[float]
    df: list[float]
    theta: list[float]
    sigma: float
    criterion: float
    deviance: float
    aic: float
    bic: float
    icc: float | None
    r_squared: tuple[float, float] | None
    factors: list[Factor]
    singular: bool


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
        reply = fit_file(str(csv_of(model["dataset"])), model["formula"], options)
        assert not reply.failed, reply.body
        FITTED[id] = FitDocument.model_validate_json(reply.body)
    return FITTED[id]


every_model = pytest.mark.parametrize("id", MODELS)


def known(value: float | None) -> float:
    return math.nan if value is None else value


def largest_sd(model: Model) -> float:
    return max(model["sigma"], *(sd for factor in model["factors"] for sd in factor["sd"]))


@every_model
def test_coefficients(id: str) -> None:
    ours, theirs = fitted(id).fixed_effects, MODELS[id]
    assert [row.term for row in ours] == theirs["terms"]
    for row, estimate, error in zip(ours, theirs["estimate"], theirs["std_error"], strict=True):
        # fit.R leads theta to some 1e-8 and raw powers to the 6th cost lme4 some digits more.
        assert row.estimate == pytest.approx(estimate, rel=0, abs=1e-7 * error)
        assert row.std_error == pytest.approx(error, rel=1e-7, abs=0)


@every_model
def test_spreads(id: str) -> None:
    theirs = MODELS[id]
    *groups, residual = fitted(id).variance_components
    expected = [
        (factor["group"], term, sd)
        for factor in theirs["factors"]
        for term, sd in zip(factor["terms"], factor["sd"], strict=True)
    ]
    assert [(row.group, row.term) for row in groups] == [(group, term) for group, term, _ in expected]
    # As above; where a variance is zero, so is ours.
    for row, (_, _, sd) in zip(groups, expected, strict=True):
        assert row.std_dev == pytest.approx(sd, rel=1e-7, abs=0)
    assert (residual.group, residual.term) == ("Residual", None)
    assert residual.std_dev == pytest.approx(theirs["sigma"], rel=1e-7, abs=0)


@every_model
def test_correlations(id: str) -> None:
    theirs = MODELS[id]
    ours = {
        (row.group, row.term_1, row.term_2): row.correlation
        for row in fitted(id).random_correlations
        if row.correlation is not None
    }
    expected = {
        (factor["group"], factor["terms"][i], factor["terms"][k]): value
        for factor in theirs["factors"]
        if factor["correlation"] is not None
        for i, k in combinations(range(len(factor["terms"])), 2)
        if (value := factor["correlation"][k][i]) is not None
    }
    # As above.
    assert ours == pytest.approx(expected, rel=0, abs=1e-7)


@every_model
def test_theta(id: str) -> None:
    document, theirs = fitted(id), MODELS[id]
    # As above; an element between two coefficients may be as small as it likes, so all are measured by the largest.
    ours = [known(value) for value in document.convergence.theta]
    assert ours == pytest.approx(theirs["theta"], rel=0, abs=1e-7 * max(map(abs, theirs["theta"])))
    assert document.convergence.singular == theirs["singular"]


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
    # As above, in units of the largest spread.
    near = 1e-7 * largest_sd(theirs)
    effects = fitted(id).random_effects
    assert effects is not None
    assert list(effects) == [factor["group"] for factor in theirs["factors"]]
    for factor in theirs["factors"]:
        ours, first = effects[factor["group"]], len(factor["levels"])
        assert ours.terms == factor["terms"]
        assert len(ours.levels) == factor["groups"]
        assert ours.levels[:first] == factor["levels"]
        for row, effect in zip(ours.estimate, factor["effect"], strict=False):
            assert [known(value) for value in row] == pytest.approx(effect, rel=0, abs=near)
        for row, error in zip(ours.std_error, factor["effect_sd"], strict=False):
            assert [known(value) for value in row] == pytest.approx(error, rel=0, abs=near)


@pytest.mark.parametrize("id", [id for id, model in MODELS.items() if not model["singular"]])
def test_degrees_of_freedom(id: str) -> None:
    ours = [known(row.df) for row in fitted(id).fixed_effects]
    # lmerTest differentiates numerically, with errors of 4e-4; where a variance is zero, across the boundary.
    assert ours == pytest.approx(MODELS[id]["df"], rel=1e-3)


@pytest.mark.parametrize("id", [id for id, model in MODELS.items() if model["icc"] is not None])
def test_shares_of_variance(id: str) -> None:
    document, theirs = fitted(id), MODELS[id]
    # As above.
    assert document.icc.adjusted == pytest.approx(theirs["icc"], abs=1e-7)
    assert (document.r_squared.marginal, document.r_squared.conditional) == pytest.approx(theirs["r_squared"], abs=1e-7)
