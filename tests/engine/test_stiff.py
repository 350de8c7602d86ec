"""Extremes of ratio, location, unit and weight with slopes and several factors, against the witness in 60 digits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from service.arrays import Vector
from service.design import Design
from service.engine import fit
from tests.engine.accuracy import errors, roots_of
from tests.engine.designs import model
from tests.engine.structures import simulated
from tests.oracle import answer_near

N = 24
rows, random = np.arange(N), np.random.default_rng(5)
x = random.normal(size=N)

TABLE: dict[str, ArrayLike] = {
    "y": np.zeros(N),
    "x": x,
    "w": 10.0 ** random.uniform(-3, 3, N),
    "g": rows % 6,
    "h": rows * 7 // 5 % 4,
    "s": rows // 3,
    "d": rows // 6,
}

SLOPE, NO_CORRELATION = "y ~ x + (x | g)", "y ~ x + (x || g)"
CROSSED, NESTED = "y ~ x + (1 | g) + (1 | h)", "y ~ x + (1 | d) + (x | s)"


def noise(formula: str, size: float) -> Design:
    """Residuals of this size where groups differ by about one."""
    return simulated(model(formula, TABLE), 1, noise=size)


def changed(
    formula: str, *, y: Callable[[Vector], Vector] | None = None, x: ArrayLike | None = None, weights: str | None = None
) -> Design:
    """The response of a moderate model of the formula, changed, where x is another one."""
    moderate = simulated(model(formula, TABLE, weights=weights), 1).y
    design = model(formula, TABLE if x is None else {**TABLE, "x": x}, weights=weights)
    return replace(design, y=moderate if y is None else y(moderate))


YEARS = 1990.0 + np.round(15 + 7 * x)

DESIGNS: dict[str, tuple[Design, float]] = {
    "noise of 1e-2": (noise(SLOPE, 1e-2), 1e-8),
    "noise of 1e-4": (noise(SLOPE, 1e-4), 1e-8),
    "noise of 1e-6": (noise(SLOPE, 1e-6), 1e-8),
    "noise of 1e-6, uncorrelated": (noise(NO_CORRELATION, 1e-6), 1e-8),
    "x at 1e6": (changed(SLOPE, x=1e6 + x), 1e-8),
    "x in 1e6": (changed(SLOPE, x=1e6 * x), 1e-8),
    "x in 1e-6 at 1": (changed(SLOPE, x=1.0 + 1e-6 * x), 1e-8),
    "x in 1e150": (changed(SLOPE, x=1e150 * x), 1e-8),
    "x in 1e-200": (changed(SLOPE, x=1e-200 * x), 1e-8),
    "years": (changed(SLOPE, x=YEARS), 1e-8),
    "y in 1e-200": (changed(SLOPE, y=lambda y: 1e-200 * y), 1e-8),
    "y in 1e160": (changed(SLOPE, y=lambda y: 1e160 * y), 1e-8),
    "y at 1e6": (changed(SLOPE, y=lambda y: 1e6 + y), 1e-8),
    "y at 1e12": (changed(SLOPE, y=lambda y: 1e12 + y), 1e-8),
    "weights over 6 decades": (changed(SLOPE, weights="w"), 1e-8),
    "crossed, y in 1e-200": (changed(CROSSED, y=lambda y: 1e-200 * y), 3e-8),
    "crossed, y in 1e160": (changed(CROSSED, y=lambda y: 1e160 * y), 3e-8),
    "crossed, y at 1e12": (changed(CROSSED, y=lambda y: 1e12 + y), 3e-8),
    "crossed, weights over 6 decades": (changed(CROSSED, weights="w"), 3e-8),
    # What a later factor leaves of the others is a difference: of the order of theta^-2 of them.
    "crossed, noise of 1e-2": (noise(CROSSED, 1e-2), 1e-7),
    "crossed, noise of 1e-3": (noise(CROSSED, 1e-3), 1e-6),
    "nested, noise of 1e-2": (noise(NESTED, 1e-2), 1e-7),
    "nested, noise of 1e-3": (noise(NESTED, 1e-3), 1e-6),
}
"""Half of the digits is what the search promises."""


@pytest.mark.parametrize("name", DESIGNS)
def test_nothing_is_lost(name: str) -> None:
    design, tolerance = DESIGNS[name]
    fitted = fit(design)
    assert fitted.verdict is not None
    assert fitted.verdict.converged
    assert not fitted.verdict.singular
    assert max(errors(fitted, design, answer_near(design, roots_of(fitted.estimates, design)))) < (tolerance, "")


@pytest.mark.parametrize("formula", [CROSSED, NESTED])
def test_at_a_ratio_of_a_million_several_factors_are_right_or_not_converged(formula: str) -> None:
    fitted, calm = fit(noise(formula, 1e-6)), fit(noise(formula, 1e-3))
    if fitted.verdict is None or fitted.verdict.converged:
        for ours, true in zip(fitted.estimates.factors, calm.estimates.factors, strict=True):
            # A thousandth of noise moves the means and slopes of groups of three rows by as much.
            np.testing.assert_allclose(ours.sd, true.sd, rtol=0, atol=5e-3)
    if fitted.verdict is not None and fitted.verdict.converged:
        assert fitted.estimates.sigma == pytest.approx(1e-3 * calm.estimates.sigma, rel=1e-4)
