"""Fits against the witness, and what no fit is made of."""

from dataclasses import replace

import numpy as np
import pytest

from service.design import Design
from service.engine import Fit, fit
from tests.engine.designs import design_of, random_rows
from tests.engine.hard_designs import EASY, HARD
from tests.oracle import Answer, answer

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


def errors(fitted: Fit, true: Answer) -> dict[str, float]:
    """The largest errors: of coefficients and effects in standard errors and deviations, of spreads as shares."""
    estimates, spread = fitted.estimates, max(true.sigma, true.group_sd)
    with np.errstate(over="ignore"):
        scale = np.outer(true.std_error, true.std_error)
    known = (scale > 1e-300) & (scale < 1e300)  # the variances that a double holds
    shares = {
        "theta": abs(estimates.theta - true.theta) / (true.theta or 1.0),
        "sigma": abs(estimates.sigma / true.sigma - 1),
        "group_sd": abs(estimates.group_sd - true.group_sd) / spread,
        "criterion": abs(fitted.criterion - true.criterion),
    }
    vectors = {
        "beta": (estimates.beta - true.beta) / true.std_error,
        "std_error": estimates.std_error / true.std_error - 1,
        "covariance": (estimates.covariance - true.covariance)[known] / scale[known],
        "effects": (estimates.effects - true.effects) / spread,
        "effect_sd": (estimates.effect_sd - true.effect_sd) / spread,
    }
    return shares | {name: float(np.abs(values).max(initial=0.0)) for name, values in vectors.items()}


def worst(design: Design, *, restricted: bool, theta: float | None = None) -> tuple[float, str]:
    fitted = fit(design, restricted=restricted, theta=theta)
    independent = replace(design, X=design.X[:, fitted.estimates.kept])
    found = errors(fitted, answer(independent, restricted=restricted, theta=theta))
    return max((error, name) for name, error in found.items())


@METHODS
@pytest.mark.parametrize("name", EASY)
def test_loses_nothing(name: str, restricted: bool) -> None:
    # The square root of machine epsilon is what any route by function values could reach.
    assert worst(EASY[name], restricted=restricted) < (1e-8, "")


@METHODS
@pytest.mark.parametrize("name", HARD)
def test_loses_no_more_than_the_data(name: str, restricted: bool) -> None:
    # 1e-16 times 1e8 is lost before anything is computed, some of it several times.
    assert worst(HARD[name], restricted=restricted) < (1e-6, "")
