"""The deviances by their coordinates: their derivatives against differences, their values against the criterion."""

from collections.abc import Callable

import numpy as np
import pytest

from service.arrays import Vector
from service.engine import fit
from service.engine.criterion import Criterion
from service.engine.model import JointModel
from service.inference.profile.coefficient import HeldCoefficient
from service.inference.profile.contour import Deviance
from service.inference.profile.correlation import CorrelationAngle
from service.inference.profile.leading import leading
from service.inference.profile.sd import LogSd, LogSigma
from service.inference.profile.share import LogRatio
from tests.engine.structures import STRUCTURES

STEP = 1e-5
"""Of a central difference: it leaves out some 1e-9, rounding of the deviance adds 1e-8."""

Made = Callable[[JointModel], tuple[Deviance, Vector]]
"""A deviance of a model, and coordinates a little off its optimum."""


def log_sigma(model: JointModel) -> tuple[Deviance, Vector]:
    return LogSigma(model.criterion), np.append(model.at.theta, -0.4)


def log_sd(model: JointModel) -> tuple[Deviance, Vector]:
    lead = leading(model, 0, [1])
    at = np.append(lead.theta, 0.1)
    at[lead.places[0, 0]] = 0.3
    return LogSd(lead.criterion, int(lead.places[0, 0])), at


def coefficient(model: JointModel) -> tuple[Deviance, Vector]:
    row = np.linspace(0.5, 1.0, model.at.beta.size)
    held = HeldCoefficient(model.criterion, row, float(row @ model.at.beta), 0.2)
    return held, np.append(model.at.theta, 1.3)


def correlation(model: JointModel) -> tuple[Deviance, Vector]:
    deviance = CorrelationAngle(leading(model, 0, [0, 1]))
    return deviance, deviance.coordinates(deviance.leading.theta)


def ratio(model: JointModel) -> tuple[Deviance, Vector]:
    counted = model.criterion.parameters.factor == 0
    W = np.diag(np.linspace(0.5, 2.0, int(counted.sum())))
    deviance = LogRatio(model.criterion, counted, W)
    at = deviance.coordinates(model.at.theta)
    at[counted.nonzero()] *= 1.1
    return deviance, at


DEVIANCES: dict[str, Made] = {
    "log sigma": log_sigma,
    "log sd": log_sd,
    "a coefficient": coefficient,
    "a correlation": correlation,
    "a ratio": ratio,
}


def model_of(name: str, *, restricted: bool) -> JointModel:
    model = fit(STRUCTURES[name], restricted=restricted).model
    assert isinstance(model, JointModel)
    return model


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("made", DEVIANCES)
@pytest.mark.parametrize("name", ["a slope", "three coefficients, weights"])
def test_derivatives(name: str, made: str, restricted: bool) -> None:
    deviance, at = DEVIANCES[made](model_of(name, restricted=restricted))
    at = at + 0.05 * np.cos(np.arange(at.size))
    here, steps = deviance(at), STEP * np.eye(at.size)
    ahead, behind = [deviance(at + step) for step in steps], [deviance(at - step) for step in steps]
    by_value = [(a.value - b.value) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    by_gradient = [(a.gradient - b.gradient) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    scale = float(np.abs(here.hessian).max())
    np.testing.assert_allclose(here.gradient, by_value, rtol=0, atol=1e-8 * scale)
    # For one factor Hessians are exact.
    np.testing.assert_allclose(here.hessian, np.array(by_gradient), rtol=0, atol=1e-8 * scale)


@pytest.mark.parametrize("made", ["log sigma", "log sd", "a coefficient"])
def test_gradients_of_crossed_factors(made: str) -> None:
    deviance, at = DEVIANCES[made](model_of("crossed, slopes by both", restricted=True))
    steps = STEP * np.eye(at.size)
    by_value = [(deviance(at + step).value - deviance(at - step).value) / (2 * STEP) for step in steps]
    np.testing.assert_allclose(deviance(at).gradient, by_value, rtol=1e-6, atol=1e-6)


def best(criterion: Criterion, theta: Vector) -> float:
    return 0.5 * float(np.log(criterion.at(theta).rho / criterion.nu))


def test_at_its_best_each_is_the_criterion() -> None:
    model = model_of("a slope", restricted=False)
    criterion, theta = model.criterion, model.at.theta
    value = model.at.value
    lead, pair = leading(model, 0, [1]), CorrelationAngle(leading(model, 0, [0, 1]))
    at = np.append(lead.theta, best(lead.criterion, lead.theta))
    place = int(lead.places[0, 0])
    at[place] = np.log(at[place]) + at[-1]
    row = np.array([1.0, 0.5])
    share = LogRatio(criterion, np.ones(3, dtype=np.bool_), np.eye(3))
    heights = [
        LogSigma(criterion)(np.append(theta, best(criterion, theta))),
        LogSd(lead.criterion, place)(at),
        HeldCoefficient(criterion, row, float(row @ model.at.beta), 1.0)(np.append(theta, 0.0)),
        pair(pair.coordinates(pair.leading.theta)),
        share(share.coordinates(theta)),
    ]
    # Coordinates turned and turned back.
    assert [height.value for height in heights] == pytest.approx([value] * 5, rel=1e-13)
