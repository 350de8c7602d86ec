"""Responses that groups and coefficients explain to the last digit: what is left are the groups themselves."""

import numpy as np
import pytest

from service.arrays import Vector
from service.design import Design
from service.engine import fit
from tests.engine.designs import group_of, model

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])

J = 8
GROUP, X = group_of((3, 4, 5, 4, 3, 6, 4, 3)), np.round(np.sin(np.arange(32.0)), 2)
random = np.random.default_rng(1)
LINES = np.round(random.normal(size=(2, J)), 2)


def lines(formula: str, *, base: float = 0.0) -> Design:
    """Rows on the lines of their groups."""
    y = base + LINES[0, GROUP] + LINES[1, GROUP] * X
    return model(formula, {"y": y, "x": X, "g": GROUP, "h": np.arange(32) % 5, "w": 1.0 + np.arange(32.0)})


@METHODS
@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ x + (1 | g) + (0 + x | g)"])
@pytest.mark.parametrize("base", [0.0, 1e6])
def test_without_noise_the_lines_are_known_exactly(formula: str, base: float, restricted: bool) -> None:
    fitted = fit(lines(formula, base=base), restricted=restricted)
    found = fitted.estimates
    assert (found.sigma, fitted.verdict, fitted.model) == (0.0, None, None)
    assert np.isnan(fitted.criterion)
    assert np.isnan(fitted.deviance())
    means, sds = LINES.mean(axis=1), LINES.std(axis=1, ddof=1 if restricted else 0)
    slope = found.factors[0].factor.names.index("x")
    order = [1 - slope, slope]
    # As if the lines were the data, unweighted; their noise is put at 1e-5 of the response meanwhile, and is squared.
    np.testing.assert_allclose(found.beta, means + np.array([base, 0.0]), rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.factors[0].sd[order], sds, rtol=1e-7)
    np.testing.assert_allclose(found.std_error, sds / np.sqrt(J), rtol=1e-7)
    np.testing.assert_allclose(found.factors[0].effects[order], LINES - means[:, None], rtol=0, atol=1e-7)
    assert not found.factors[0].effect_sd.any()
    assert set(found.theta.tolist()) <= {np.inf, 0.0}


SCHOOL, CLASS = group_of((9,) * 4), group_of((3,) * 12)
ROW, COLUMN = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)


@METHODS
def test_without_noise_a_nesting_is_that_of_its_classes(restricted: bool) -> None:
    level = np.round(random.normal(size=4), 2)[np.arange(12) // 3] + np.round(random.normal(size=12), 2)
    whole = model("y ~ 1 + (1 | s) + (1 | c)", {"y": level[CLASS], "s": SCHOOL, "c": CLASS})
    classes = model("y ~ 1 + (1 | s)", {"y": level, "s": np.arange(12) // 3})
    found, true = fit(whole, restricted=restricted).estimates, fit(classes, restricted=restricted).estimates
    # As above: the classes are the rows, and what was noise among them is their own variance.
    assert found.sigma == 0.0
    assert found.factors[0].sd[0] == pytest.approx(true.sigma, rel=1e-7)
    assert found.factors[1].sd[0] == pytest.approx(float(true.factors[0].sd[0]), rel=1e-7)
    assert found.std_error[0] == pytest.approx(float(true.std_error[0]), rel=1e-7)


def test_without_noise_two_crossed_factors_are_known_exactly() -> None:
    rows, columns = np.array([3.0, -2.0, 1.0, -4.0, 2.0, 0.5]), np.array([1.0, -1.0, 2.0, 0.0, -3.0])
    found = fit(model("y ~ 1 + (1 | a) + (1 | b)", {"y": rows[ROW] + columns[COLUMN], "a": ROW, "b": COLUMN})).estimates
    # No noise, or as good as none.
    assert found.sigma < 1e-6
    assert [own.sd[0] for own in found.factors] == pytest.approx([rows.std(ddof=1), columns.std(ddof=1)], rel=1e-6)


NOTHING: dict[str, tuple[Vector, list[float]]] = {
    "zero": (np.zeros(32), [0.0, 0.0]),
    "a constant": (np.full(32, 0.1), [0.1, 0.0]),
    "a line": (1.0 + 2.0 * X, [1.0, 2.0]),
}


@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (1 | g) + (1 | h)", "y ~ x + (x || g)"])
@pytest.mark.parametrize("name", NOTHING)
def test_where_nothing_is_left_all_variances_are_zero(name: str, formula: str) -> None:
    y, beta = NOTHING[name]
    found = fit(model(formula, {"y": y, "x": X, "g": GROUP, "h": np.arange(32) % 5})).estimates
    assert (found.sigma, found.variances_are_zero) == (0.0, True)
    assert not found.theta.any()
    assert not found.std_error.any()
    # A few roundings.
    np.testing.assert_allclose(found.beta, beta, rtol=0, atol=1e-12)


def test_a_theta_that_is_held_makes_noise_of_the_lines() -> None:
    found = fit(lines("y ~ x + (x | g)"), theta=[1.0, 0.0, 1.0]).estimates
    assert found.theta.tolist() == [1.0, 0.0, 1.0]
    # At this theta sigma is the standard deviation of the lines.
    assert found.sigma > 0.1


@pytest.mark.parametrize("size", [1e-12, 1e-10, 1e-8])
def test_noise_just_above_rounding_is_noise(size: float) -> None:
    design = lines("y ~ x + (x | g)")
    noisy = model("y ~ x + (x | g)", {"y": design.y + size * np.cos(np.arange(32.0)), "x": X, "g": GROUP})
    found = fit(noisy)
    assert found.verdict is not None
    assert found.verdict.converged
    bounds = np.flatnonzero(np.diff(GROUP)) + 1
    own = zip(np.split(X, bounds), np.split(noisy.y, bounds), strict=True)
    squares = sum(float(np.polyfit(x, y, 1, full=True)[1].sum()) for x, y in own)
    # What the groups' own lines leave, 16 rows of it; rounding of the response, of about 2.
    assert found.estimates.sigma == pytest.approx(np.sqrt(squares / 16), rel=1e-14 / size + 1e-8)
