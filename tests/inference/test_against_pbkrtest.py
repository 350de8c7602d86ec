"""Kenward & Roger's tests against pbkrtest; reference/lme4/kenward_roger.R wrote the numbers."""

import json
from typing import TypedDict

import numpy as np
import pytest

from service.engine import fit
from service.inference import kenward_roger
from tests.inference.samples import sample
from tests.references import REFERENCE


class Model(TypedDict):
    """What lme4 was asked for."""

    id: str
    dataset: str
    formula: str
    weights: str | None
    contrasts: dict[str, str] | None


class Adjusted(TypedDict):
    """The degrees of freedom of each coefficient, and the adjusted covariance."""

    id: str
    terms: list[str]
    df: list[float]
    covariance: list[list[float]]


def stored(name: str) -> str:
    return (REFERENCE / "lme4" / name).read_text()


MODELS: dict[str, Model] = {model["id"]: model for model in json.loads(stored("models.json"))}
ADJUSTED: dict[str, Adjusted] = {model["id"]: model for model in json.loads(stored("kenward_roger.json"))}


@pytest.mark.parametrize("id", ADJUSTED)
def test_kenward_roger(id: str) -> None:
    model, theirs = MODELS[id], ADJUSTED[id]
    design = sample(model["dataset"], model["formula"], weights=model["weights"], contrasts=model["contrasts"])
    found = kenward_roger(fit(design))
    errors = np.sqrt(np.diagonal(theirs["covariance"]))
    # Theta is right to some 1e-8, and raw powers to the 6th cost pbkrtest as much.
    np.testing.assert_allclose(found.df, theirs["df"], rtol=1e-7)
    np.testing.assert_allclose(found.std_error, errors, rtol=1e-7)
    apart = (found.covariance - np.array(theirs["covariance"])) / np.outer(errors, errors)
    np.testing.assert_allclose(apart, 0.0, atol=1e-7)
