import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.design.splines import (
    CUBIC,
    Knots,
    b_spline_derivatives,
    b_splines,
    natural_splines,
    polynomial_splines,
    quantile_knots,
)

KNOTS = Knots((2.0, 3.0, 7.0), (0.0, 10.0))
INNER = st.lists(st.integers(1, 9), max_size=4)


@given(inner=INNER, degree=st.integers(1, 4), x=st.lists(st.floats(0, 10), min_size=1, max_size=8))
def test_b_splines_are_shares_of_one(inner: list[int], degree: int, x: list[float]) -> None:
    knots = Knots(tuple(float(knot) for knot in inner), (0.0, 10.0))
    basis = b_splines(np.array(x), knots.repeated(degree + 1), degree + 1)
    assert basis.shape == (len(x), len(inner) + degree + 1)
    # The shares are sums of a few products of numbers below one.
    np.testing.assert_allclose(basis.sum(axis=1), 1.0, rtol=1e-13)
    assert (basis > -1e-13).all()


def test_cubics_are_in_the_span_on_both_sides_of_the_boundary() -> None:
    x = np.linspace(-4.0, 15.0, 60)
    basis = polynomial_splines(x, Knots((), (0.0, 10.0)), 3, intercept=True)
    inside = (x >= 0) & (x <= 10)
    cubic = 1 - x + 0.5 * x**2 - 0.1 * x**3
    coefficients = np.linalg.lstsq(basis[inside], cubic[inside])[0]
    # Continued pieces grow with the cube of the distance, and rounding with them.
    np.testing.assert_allclose(basis @ coefficients, cubic, atol=1e-10)


@pytest.mark.parametrize("times", [1, 2])
def test_derivatives_are_limits_of_differences(times: int) -> None:
    x, step = np.array([0.5, 2.5, 4.0, 8.5]), 1e-4
    sequence = KNOTS.repeated(CUBIC)
    lower = [b_spline_derivatives(x + shift, sequence, CUBIC, times - 1) for shift in (step, -step)]
    # A central difference is off by the square of its step times the third derivative.
    np.testing.assert_allclose(
        b_spline_derivatives(x, sequence, CUBIC, times), (lower[0] - lower[1]) / (2 * step), atol=1e-6
    )


@pytest.mark.parametrize("intercept", [False, True])
def test_natural_splines_are_straight_beyond_the_boundary(intercept: bool) -> None:
    for x in (np.array([-9.0, -5.0, -1.0, 0.0]), np.array([10.0, 12.0, 14.0, 16.0])):
        basis = natural_splines(x[[0, 1, 2]] if x[0] < 0 else x[1:], KNOTS, intercept)
        assert basis.shape == (3, 4 + intercept)
        # Three equally spaced points on a line; the basis reaches some tens there.
        np.testing.assert_allclose(basis[0] + basis[2], 2 * basis[1], atol=1e-12)


def test_natural_splines_join_their_straight_ends_smoothly() -> None:
    near = natural_splines(np.array([-1e-6, 0.0, 1e-6, 10 - 1e-6, 10.0, 10 + 1e-6]), KNOTS, intercept=False)
    slopes = np.diff(near, axis=0)[[0, 1, 3, 4]] / 1e-6
    # The curvature is zero at the join, so slopes differ by the step times the third derivative at most.
    np.testing.assert_allclose(slopes[[0, 2]], slopes[[1, 3]], atol=1e-6)


def test_missing_values_stay_missing() -> None:
    x = np.array([np.nan, 5.0])
    assert np.isnan(natural_splines(x, KNOTS, intercept=False)).any(axis=1).tolist() == [True, False]
    assert np.isnan(polynomial_splines(x, KNOTS, 3, intercept=False)).any(axis=1).tolist() == [True, False]


def test_knots_are_quantiles_of_the_values_within_the_boundary() -> None:
    x = np.array([-5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 99.0])
    assert quantile_knots(x, 3, (0.0, 4.0)).inner == (1.0, 2.0, 3.0)
    assert quantile_knots(x, 0, (0.0, 4.0)).inner == ()


def test_a_knot_that_falls_on_the_boundary_leaves_numbers() -> None:
    basis = polynomial_splines(np.array([0.0, 1.0, 4.0]), Knots((4.0,), (0.0, 4.0)), 3, intercept=True)
    # Sums of a few products of numbers below one.
    np.testing.assert_allclose(basis.sum(axis=1), 1.0, rtol=1e-13)
