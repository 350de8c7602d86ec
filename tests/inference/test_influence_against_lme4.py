"""Rows and groups against lme4; reference/influence/influence.R wrote the numbers."""

import json
from typing import TypedDict

import numpy as np
import pytest

from service.design import Design
from service.engine import Fit, WithoutGroup, fit
from service.inference import Influence, influences, row_residuals
from tests.inference.samples import sample
from tests.references import REFERENCE


class Model(TypedDict):
    id: str
    dataset: str
    formula: str
    group: str
    REML: bool
    weights: str | None


class Rows(Model):
    row: list[int]
    fitted: list[float]
    fitted_population: list[float]
    residual: list[float]
    residual_pearson: list[float]
    residual_studentised: list[float]
    leverage: list[float]


class Group(TypedDict):
    """A group left out, fitted closely."""

    level: str
    estimate: list[float]
    sigma: float
    std_dev: list[float]
    cooks_distance: float
    dfbetas: list[float]


class Groups(Model):
    """`own` is what lme4's influence() says of every group; it has no dfbetas of a single coefficient."""

    groups: list[Group]
    own_estimate: list[list[float]]
    own_cooks_distance: list[float]
    own_dfbetas: list[list[float]] | None


ROWS: list[Rows] = json.loads((REFERENCE / "influence/rows.json").read_text())
GROUPS: list[Groups] = json.loads((REFERENCE / "influence/groups.json").read_text())


def fitted(model: Model) -> tuple[Design, Fit]:
    design = sample(model["dataset"], model["formula"], weights=model["weights"])
    return design, fit(design, restricted=model["REML"])


@pytest.mark.parametrize("model", ROWS, ids=[model["id"] for model in ROWS])
def test_rows(model: Rows) -> None:
    design, this = fitted(model)
    found, sigma = row_residuals(design, this, slice(None)), this.estimates.sigma
    assert found.rows.tolist() == model["row"]
    # lmer's search leaves theta right to 1e-7 or so.
    np.testing.assert_allclose(found.fitted, model["fitted"], rtol=0, atol=1e-6 * sigma)
    np.testing.assert_allclose(found.population, model["fitted_population"], rtol=0, atol=1e-6 * sigma)
    np.testing.assert_allclose(found.raw, model["residual"], rtol=0, atol=1e-6 * sigma)
    np.testing.assert_allclose(found.pearson, model["residual_pearson"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.studentised, model["residual_studentised"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.leverage, model["leverage"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("model", GROUPS, ids=[model["id"] for model in GROUPS])
def test_groups(model: Groups) -> None:
    design, this = fitted(model)
    place = [own.factor.grouping.name for own in this.estimates.factors].index(model["group"])
    levels = this.estimates.factors[place].factor.grouping.levels
    found = list(influences(design, this, place, np.arange(len(levels))))
    assert [levels[each.group] for each in found] == [group["level"] for group in model["groups"]]
    for each, group in zip(found, model["groups"], strict=True):
        assert_same(each, group)
    # lme4 divides by p J / (J - p) where we, as the textbooks, divide by p; its own searches are less close.
    J, p = len(levels), this.estimates.beta.size
    ours = np.array([each.cooks_distance for each in found]) * (J - p) / J
    np.testing.assert_allclose(ours, model["own_cooks_distance"], rtol=1e-3, atol=1e-7)
    estimates = [each.without.beta for each in found if isinstance(each.without, WithoutGroup)]
    np.testing.assert_allclose(estimates, model["own_estimate"], rtol=1e-5, atol=1e-6)
    if model["own_dfbetas"] is not None:
        np.testing.assert_allclose([each.dfbetas for each in found], model["own_dfbetas"], rtol=0, atol=1e-4)


def assert_same(found: Influence, true: Group) -> None:
    without = found.without
    assert isinstance(without, WithoutGroup)
    error = without.std_error
    # lmer's searches leave theta right to 1e-6 or so, and a standard deviation near zero to less.
    np.testing.assert_allclose(without.beta / error, true["estimate"] / error, rtol=0, atol=1e-6)
    assert without.sigma == pytest.approx(true["sigma"], rel=1e-6)
    np.testing.assert_allclose(np.concatenate(without.sds), true["std_dev"], rtol=0, atol=1e-5 * without.sigma)
    assert found.cooks_distance == pytest.approx(true["cooks_distance"], rel=1e-4, abs=1e-8)
    np.testing.assert_allclose(found.dfbetas, true["dfbetas"], rtol=0, atol=1e-6)
