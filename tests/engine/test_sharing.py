"""Many models at once: each its own fit, with one pass over the rows where groups, weights and rows are the same."""

from dataclasses import replace

import numpy as np
import pytest

from service.design import Design
from service.engine import Fit, fit, fit_all, sharing
from service.engine.basis import Bases
from service.engine.crossproducts import CrossProducts
from service.engine.fold import fold_rows
from service.errors import NotFinite, ServiceError, UnsupportedModel
from tests.engine.designs import design_of, model
from tests.engine.hard_designs import EASY, codes, x, y
from tests.engine.structures import STRUCTURES, TABLE

SLOPE, CROSSED = STRUCTURES["a slope"], STRUCTURES["crossed, slopes by both"]


def responses_of(design: Design) -> list[Design]:
    """Four models that differ in their response."""
    return [replace(design, y=response) for response in (design.y, -design.y, np.sin(design.y), design.y**2)]


def fitted(found: Fit | ServiceError) -> Fit:
    assert isinstance(found, Fit)
    return found


@pytest.mark.parametrize("name", ["a slope, weights", "crossed", "an offset"])
def test_every_model_has_its_own_fit(name: str) -> None:
    designs = responses_of(STRUCTURES[name])
    for design, found in zip(designs, fit_all(designs), strict=True):
        alone = fit(design)
        # Two orders of the same sums; half of the digits of theta.
        assert fitted(found).criterion == pytest.approx(alone.criterion, rel=0, abs=1e-9)
        np.testing.assert_allclose(fitted(found).estimates.theta, alone.estimates.theta, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(fitted(found).estimates.beta, alone.estimates.beta, rtol=1e-7, atol=1e-7)


def test_models_may_differ_in_their_fixed_columns() -> None:
    designs = [replace(model(formula, TABLE), y=SLOPE.y) for formula in ("y ~ 1 + (x | g)", "y ~ z + v + (x | g)")]
    for design, found in zip(designs, fit_all(designs), strict=True):
        # As above.
        assert fitted(found).criterion == pytest.approx(fit(design).criterion, rel=0, abs=1e-9)


LOTS: dict[str, tuple[list[Design], list[list[int]]]] = {
    "responses": (responses_of(SLOPE), [[0, 1, 2, 3]]),
    "one alone": ([SLOPE], []),
    "other groups": ([SLOPE, CROSSED, replace(SLOPE, y=-SLOPE.y), STRUCTURES["crossed"]], [[0, 2]]),
    "other weights": ([SLOPE, STRUCTURES["a slope, weights"]], []),
    "other rows": ([EASY["a predictor"], design_of(y[1:], codes[1:] - 1, x[1:])], []),
    "other coefficients": ([SLOPE, STRUCTURES["a slope, uncorrelated"], STRUCTURES["no predictor"]], [[0, 2]]),
    "one that has no basis": ([SLOPE, replace(SLOPE, y=1e305 * SLOPE.y), replace(SLOPE, y=-SLOPE.y)], [[0, 2]]),
    "one without groups": ([SLOPE, replace(SLOPE, random=()), replace(SLOPE, y=-SLOPE.y)], [[0, 2]]),
}


@pytest.mark.parametrize("name", LOTS)
def test_what_is_folded_in_one_pass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    designs, lots = LOTS[name]
    passes: list[list[int]] = []

    def seen(together: list[Design], bases: list[Bases]) -> list[CrossProducts]:
        passes.append([next(i for i, own in enumerate(designs) if own is design) for design in together])
        return fold_rows(together, bases)

    monkeypatch.setattr(sharing, "fold_rows", seen)
    assert [found is not None for found in sharing.fold_together(designs)] == [
        any(i in lot for lot in lots) for i in range(len(designs))
    ]
    assert passes == lots


def test_an_error_is_that_models_own() -> None:
    designs = [SLOPE, replace(SLOPE, y=1e305 * SLOPE.y), replace(SLOPE, random=()), replace(SLOPE, y=-SLOPE.y)]
    kinds = [type(found) for found in fit_all(designs)]
    assert kinds == [Fit, NotFinite, UnsupportedModel, Fit]


def test_a_theta_is_held_for_all() -> None:
    for found in fit_all(responses_of(SLOPE), theta=[1.0, 0.5, 0.5], restricted=False):
        assert (fitted(found).estimates.theta.tolist(), fitted(found).restricted) == ([1.0, 0.5, 0.5], False)
