"""What a fit of several variance parameters does not depend on, and how it follows what it does depend on."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.arrays import Codes, Vector
from service.design import Design
from service.engine import Fit, fit
from tests.engine.accuracy import of_term
from tests.engine.designs import model, rows_of
from tests.engine.structures import lme4_theta, simulated, some_roots
from tests.properties.comparison import assert_alike
from tests.properties.strategies import FEW, groups_renamed, models, response, tables

METHODS = st.booleans()

SEEDS = st.integers(0, 2**32 - 1)

LINES = ["y ~ x + (x | g)", "y ~ x + (1 | h) + (x | g)", "y ~ x + (x | d) + (1 | g)"]
"""Whose slopes have an intercept that takes up a shift of x."""


def assert_same_fit(
    a: Fit,
    b: Fit,
    *,
    beta: Vector | None = None,
    scale: float = 1.0,
    shift: float = 0.0,
    groups: Codes | None = None,
) -> None:
    """That b is a, with y times `scale`, coefficients `beta`, the criterion more by `shift` and groups named anew."""
    assert a.verdict is not None
    assert b.verdict is not None
    assert abs(b.criterion - a.criterion - shift) < 1e-8
    # Two searches end within 1e-8 standard errors; on the boundary a small variance may be taken for zero.
    singular = a.verdict.singular or b.verdict.singular
    tolerance = 1e-4 if singular else 1e-6
    assert_alike(a.estimates, b.estimates, beta=beta, scale=scale, groups=groups, tolerance=tolerance)


@FEW
@given(models(), METHODS, SEEDS)
def test_the_order_of_rows(design: Design, restricted: bool, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(design.n)
    assert_same_fit(fit(design, restricted=restricted), fit(rows_of(design, rows), restricted=restricted))


@FEW
@given(models(), METHODS)
def test_the_names_of_groups(design: Design, restricted: bool) -> None:
    order = np.random.default_rng(0).permutation(len(design.random[0].grouping.levels))
    a = fit(design, restricted=restricted)
    assert_same_fit(a, fit(groups_renamed(design, order), restricted=restricted), groups=order)


@FEW
@given(models(), METHODS, st.floats(-1e6, 1e6))
def test_a_shift_of_y_moves_the_intercept_alone(design: Design, restricted: bool, shift: float) -> None:
    if design.intercept:
        a = fit(design, restricted=restricted)
        b = fit(response(design, design.y + shift), restricted=restricted)
        assert_same_fit(a, b, beta=a.estimates.beta + np.eye(a.estimates.beta.size)[0] * shift)


@FEW
@given(models(), METHODS, st.floats(1e-6, 1e6))
def test_y_times_a_number(design: Design, restricted: bool, factor: float) -> None:
    a, b = fit(design, restricted=restricted), fit(response(design, factor * design.y), restricted=restricted)
    assert_same_fit(a, b, scale=factor, shift=2.0 * a.estimates.residual_df * float(np.log(factor)))


@FEW
@given(models(), st.integers(-900, 900))
def test_a_power_of_two_times_y_changes_no_digit(design: Design, power: int) -> None:
    a, b = fit(design).estimates, fit(response(design, np.ldexp(design.y, power))).estimates
    assert b.theta.tolist() == a.theta.tolist()
    assert np.array_equal(b.beta, np.ldexp(a.beta, power))
    for mine, theirs in zip(a.factors, b.factors, strict=True):
        assert np.array_equal(theirs.sd, np.ldexp(mine.sd, power))
        assert np.array_equal(theirs.effects, np.ldexp(mine.effects, power))


@FEW
@given(
    tables(),
    METHODS,
    st.sampled_from(["y ~ x + (x | g)", "y ~ x + (1 | h) + (x | g)", "y ~ x + (x | d) + (1 | g)"]),
    st.floats(-1e4, 1e4),
    st.floats(-3, 3),
)
def test_another_unit_and_zero_of_x(
    table: dict[str, Vector], restricted: bool, formula: str, zero: float, exponent: float
) -> None:
    factor = 10.0**exponent
    first = simulated(model(formula, table), 1)
    second = response(model(formula, {**table, "x": zero + factor * np.asarray(table["x"])}), first.y)
    a, b = fit(first, restricted=restricted), fit(second, restricted=restricted)
    # b0 + b1 x = (b0 - b1' zero) + b1' (zero + factor x) with b1' = b1 / factor, for all coefficients of a line.
    turn = np.array([[1.0, -zero / factor], [0.0, 1.0 / factor]])
    assert abs(b.criterion - a.criterion - (2.0 * np.log(factor) if restricted else 0.0)) < 1e-7
    np.testing.assert_allclose((b.estimates.beta - turn @ a.estimates.beta) / b.estimates.std_error, 0.0, atol=1e-5)
    for mine, theirs in zip(a.estimates.factors, b.estimates.factors, strict=True):
        own = turn if mine.sd.size == 2 else np.eye(1)
        covariance, expected = theirs.spread @ theirs.spread.T, own @ mine.spread @ mine.spread.T @ own.T
        size = np.sqrt(np.diag(expected)) + 1e-3 * a.estimates.sigma * np.linalg.norm(own, axis=1)
        np.testing.assert_allclose((covariance - expected) / np.outer(size, size), 0.0, atol=1e-4)


@FEW
@given(models(), METHODS, SEEDS)
def test_the_order_of_terms(design: Design, restricted: bool, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(design.random))
    turned = replace(design, random=tuple(design.random[t] for t in order))
    a, b = fit(design, restricted=restricted), fit(turned, restricted=restricted)
    assert abs(b.criterion - a.criterion) < 1e-8
    for effect in design.random:
        for mine, theirs in zip(of_term(a.estimates, effect), of_term(b.estimates, effect), strict=True):
            # As two searches; theta is in units of x.
            np.testing.assert_allclose(theirs, mine, rtol=1e-4, atol=1e-4)


@FEW
@given(models(), METHODS, st.floats(-4, 4))
def test_weights_times_a_number(design: Design, restricted: bool, exponent: float) -> None:
    weights = np.ones(design.n) if design.weights is None else design.weights
    a = fit(replace(design, weights=weights), restricted=restricted)
    b = fit(replace(design, weights=10.0**exponent * weights), restricted=restricted)
    # Sigma is that of a row of weight 1: it follows, and nothing else does.
    same = replace(b, estimates=replace(b.estimates, sigma=b.estimates.sigma / 10 ** (exponent / 2)))
    assert_same_fit(a, same)


@FEW
@given(models(), METHODS, SEEDS)
def test_no_other_theta_is_better(design: Design, restricted: bool, seed: int) -> None:
    best = fit(design, restricted=restricted).criterion
    for k, size in enumerate((0.1, 1.0, 10.0)):
        theta = lme4_theta(design, some_roots(design, (seed + k) % 2**32, size=size))
        # Rounding of a criterion of some hundred.
        assert fit(design, restricted=restricted, theta=theta).criterion > best - 1e-8


@FEW
@given(models(), METHODS)
def test_holding_the_optimum_changes_nothing(design: Design, restricted: bool) -> None:
    free = fit(design, restricted=restricted)
    held = fit(design, restricted=restricted, theta=free.estimates.theta.tolist())
    # Theta goes to the units of the data and back.
    assert abs(held.criterion - free.criterion) < 1e-8
    assert_alike(free.estimates, held.estimates, tolerance=1e-7)
