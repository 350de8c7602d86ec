"""What a fit does not depend on, and how it follows what it does depend on."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design import Design
from service.engine import fit
from tests.engine.designs import rows_of, with_columns
from tests.properties.comparison import assert_alike
from tests.properties.strategies import QUICK, designs, groups_renamed, response

METHODS = st.booleans()


@QUICK
@given(designs(), METHODS, st.integers(0, 2**32 - 1))
def test_the_order_of_rows(design: Design, restricted: bool, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(design.y.size)
    a, b = fit(design, restricted=restricted), fit(rows_of(design, rows), restricted=restricted)
    # Half of the digits, as theta; near the boundary it has its error in theta^2.
    assert_alike(a.estimates, b.estimates)


@QUICK
@given(designs(), METHODS)
def test_the_names_of_groups(design: Design, restricted: bool) -> None:
    order = np.random.default_rng(0).permutation(len(design.random[0].grouping.levels))
    a = fit(design, restricted=restricted).estimates
    b = fit(groups_renamed(design, order), restricted=restricted).estimates
    # As above.
    assert_alike(a, b, groups=order)


@QUICK
@given(designs().filter(lambda design: design.intercept), METHODS, st.floats(-1e6, 1e6))
def test_a_shift_of_y_moves_the_intercept_alone(design: Design, restricted: bool, shift: float) -> None:
    a = fit(design, restricted=restricted).estimates
    b = fit(response(design, design.y + shift), restricted=restricted).estimates
    # The shifted y is rounded to 1e-10, some 1e-9 of the smallest standard error.
    assert_alike(a, b, beta=a.beta + np.eye(a.beta.size)[0] * shift, tolerance=1e-6)


@QUICK
@given(designs(), METHODS, st.integers(-900, 900))
def test_a_power_of_two_times_y_changes_no_digit(design: Design, restricted: bool, power: int) -> None:
    design = replace(design, offset=None)
    a = fit(design, restricted=restricted).estimates
    b = fit(response(design, np.ldexp(design.y, power)), restricted=restricted).estimates
    assert b.theta.tolist() == a.theta.tolist()
    for name in ("beta", "std_error", "sigma"):
        assert np.array_equal(getattr(b, name), np.ldexp(getattr(a, name), power)), name
    for name in ("sd", "effects", "effect_sd"):
        assert np.array_equal(getattr(b.factors[0], name), np.ldexp(getattr(a.factors[0], name), power)), name


@QUICK
@given(designs(), METHODS, st.floats(1e-6, 1e6))
def test_y_times_a_number(design: Design, restricted: bool, factor: float) -> None:
    design = replace(design, offset=None)
    a = fit(design, restricted=restricted).estimates
    b = fit(response(design, factor * design.y), restricted=restricted).estimates
    # As for the order of rows.
    assert_alike(a, b, scale=factor)


@QUICK
@given(designs().filter(lambda design: design.X.n_columns > 1), METHODS, st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_another_unit_of_x(design: Design, restricted: bool, factor: float, zero: float) -> None:
    zero = zero * factor if design.intercept else 0.0
    a = fit(design, restricted=restricted)
    b = fit(with_columns(design, **{design.names[-1]: zero + factor * design.X.column(-1)}), restricted=restricted)
    beta = a.estimates.beta.copy()
    beta[-1] /= factor
    if design.intercept:
        beta[0] -= beta[-1] * zero
    # x at a thousand times its spread has lost three digits, which the intercept's error multiplies.
    assert_alike(a.estimates, b.estimates, beta=beta, tolerance=1e-6)


@QUICK
@given(designs(), METHODS, st.floats(-4, 4))
def test_weights_times_a_number(design: Design, restricted: bool, exponent: float) -> None:
    weights = np.ones(design.y.size) if design.weights is None else design.weights
    a = fit(replace(design, weights=weights), restricted=restricted).estimates
    b = fit(replace(design, weights=10.0**exponent * weights), restricted=restricted).estimates
    # sigma is that of a row of weight 1: it follows, and nothing else does.
    same = replace(b, sigma=b.sigma / 10 ** (exponent / 2))
    assert_alike(a, same)


@QUICK
@given(designs(), METHODS)
def test_weights_of_one_are_no_weights(design: Design, restricted: bool) -> None:
    plain = replace(design, weights=None)
    a, b = (
        fit(plain, restricted=restricted),
        fit(replace(design, weights=np.ones(design.y.size)), restricted=restricted),
    )
    # As for the order of rows.
    assert_alike(a.estimates, b.estimates)
    assert abs(a.criterion - b.criterion) < 1e-10


@QUICK
@given(designs(), METHODS)
def test_an_offset_is_taken_off_y(design: Design, restricted: bool) -> None:
    offset = np.cos(np.arange(design.y.size))
    a = fit(replace(design, offset=None, y=design.y - offset), restricted=restricted).estimates
    b = fit(replace(design, offset=offset), restricted=restricted).estimates
    assert (a.theta.tolist(), a.sigma, a.beta.tolist()) == (b.theta.tolist(), b.sigma, b.beta.tolist())


@QUICK
@given(designs(), st.floats(0.05, 20))
def test_two_rows_of_weight_one_that_agree_are_one_of_weight_two(design: Design, theta: float) -> None:
    # At a held theta coefficients and effects depend on rows through their cross-products alone; sigma counts rows.
    n = design.y.size
    twice = rows_of(replace(design, weights=None), np.repeat(np.arange(n), 2))
    double = replace(design, weights=np.full(n, 2.0))
    a, b = fit(twice, theta=[theta]).estimates, fit(double, theta=[theta]).estimates
    # Sums in another order.
    np.testing.assert_allclose(b.beta, a.beta, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(b.factors[0].effects, a.factors[0].effects, rtol=1e-9, atol=1e-9)
    assert abs(b.sigma * np.sqrt((n - b.beta.size) / (2 * n - a.beta.size)) / a.sigma - 1) < 1e-10
