"""The optimum is the global one, and says how it was found."""

import numpy as np
import pytest

from service.design import Design
from service.engine import Fit, Verdict, fit
from service.engine.scalar.criterion import criterion_of
from service.engine.scalar.model import ScalarModel
from service.engine.scalar.optimum import Optimum
from tests.engine.designs import design_of, group_of, model
from tests.engine.hard_designs import EASY, HARD
from tests.engine.structures import TABLE
from tests.oracle import answer

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


def optimum_of(fitted: Fit) -> Optimum:
    assert isinstance(fitted.model, ScalarModel)
    assert fitted.model.optimum is not None
    return fitted.model.optimum


def divided(distance: float) -> Design:
    """Four single rows at a distance, and two large groups nearly alike: one set says theta is large, the other 0."""
    large = np.sin(np.arange(33.0))
    return design_of([distance, -distance, 0.8 * distance, -0.9 * distance, *large], group_of((1, 1, 1, 1, 18, 15)))


@METHODS
@pytest.mark.parametrize("name", EASY | HARD)
def test_no_theta_is_better(name: str, restricted: bool) -> None:
    fitted = fit((EASY | HARD)[name], restricted=restricted)
    criterion = criterion_of(fitted.estimates.products, restricted=restricted)
    weights = criterion.between.weights
    phis = [0.0, *np.geomspace(1e-6 / weights.max(), 1e8 / weights.min(), 60).tolist()]
    values = [criterion.at(phi).value for phi in phis]
    # Rounding of values that may be a thousand, however small their difference.
    assert fitted.criterion <= min(values) + 1e-13 * max(map(abs, values))


@pytest.mark.parametrize("distance", [2.0, 2.6, 3.0, 5.0])
def test_the_lower_of_two_minima_is_taken(distance: float) -> None:
    design = divided(distance)
    fitted, true = fit(design, restricted=False), answer(design, restricted=False)
    # The witness looks at every second decade; half of the digits, as elsewhere.
    assert fitted.estimates.theta[0] == pytest.approx(true.theta, rel=1e-8)


def test_two_minima_are_counted() -> None:
    verdict = fit(divided(2.6), restricted=False).verdict
    assert verdict is not None
    assert verdict.minima == 2


def test_the_boundary_is_an_optimum() -> None:
    fitted = fit(EASY["theta 0"])
    optimum = optimum_of(fitted)
    assert fitted.verdict == Verdict(True, True, optimum.evaluations, 0.0)
    assert (optimum.phi, optimum.gradient_norm, optimum.converged) == (0.0, 0.0, True)
    assert optimum.evaluation.slope >= 0


@pytest.mark.parametrize("size", [1e-13, 1e-12, 1e-10])
def test_a_residual_just_above_rounding_is_found(size: float) -> None:
    codes = group_of((2, 3, 4, 3, 2))
    design = design_of(np.array([1.0, 4, 2, 8, 5])[codes] + size * np.cos(np.arange(14.0)), codes)
    fitted, true = fit(design), answer(design)
    assert fitted.verdict is not None
    assert fitted.verdict.converged
    # The residual itself has no more digits than its distance from rounding, some 1e-16 of 8.
    assert fitted.estimates.sigma == pytest.approx(true.sigma, rel=1e-14 / size)


def test_a_criterion_that_does_not_depend_on_theta_is_flat_and_0_is_taken() -> None:
    codes = group_of((3, 4, 2, 5))
    indicators = [(codes == j).astype(float) for j in (1, 2, 3)]
    y = np.random.default_rng(3).standard_normal(codes.size)
    fitted = fit(design_of(y, codes, *indicators))
    found = optimum_of(fitted)
    assert (found.flat, found.phi, found.converged, fitted.is_flat) == (True, 0.0, True, True)
    assert not fit(design_of(y, codes, *indicators[:2])).is_flat


@METHODS
def test_columns_that_the_groups_determine_together_alone(restricted: bool) -> None:
    # Half of x varies: x, which is shifted, and the ones make it up together, so that at large phi nothing is left.
    table = {**TABLE, "y": np.sin(3.0 * np.arange(48)), "half": np.asarray(TABLE["x"]) / 2.0}
    half, whole = (fit(model(f"y ~ x + (0 + {name} | d)", table), restricted=restricted) for name in ("half", "x"))
    assert half.verdict is not None
    assert half.verdict.converged
    # The same model in another unit.
    assert half.criterion == pytest.approx(whole.criterion, rel=1e-12)
    assert half.estimates.theta / 2.0 == pytest.approx(whole.estimates.theta, rel=1e-7)
