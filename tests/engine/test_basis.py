"""Coordinates: shift, scale, rotation, and the way back."""

from dataclasses import replace

import numpy as np
import pytest

from service.engine.basis import Basis, plain_basis
from tests.engine.designs import design_of, random_rows
from tests.engine.hard_designs import EASY

x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
ROTATION = np.array([[1.0, 0.5, -0.2], [0.3, 2.0, 0.7], [0.0, 0.0, 1.0]])


def turned(intercept: bool) -> Basis:
    return replace(plain_basis(design_of(y, codes, 7 + x, 1e3 * v, intercept=intercept)), rotation=ROTATION)


@pytest.mark.parametrize("name", EASY)
def test_columns_are_of_the_order_of_one(name: str) -> None:
    design = EASY[name]
    basis = plain_basis(design)
    y = design.y if design.offset is None else design.y - design.offset
    columns = (np.column_stack([design.X[:, basis.columns], y]) - basis.shift) * basis.scale
    largest = np.abs(columns).max(axis=0)
    assert ((largest < 1) | (largest == 0)).all()
    # A shift before the scale costs one rounding of a bound that is a half.
    assert ((largest >= 0.5 - 1e-15) | (largest == 0)).all()


@pytest.mark.parametrize("name", EASY)
def test_scales_are_powers_of_two(name: str) -> None:
    assert (np.frexp(plain_basis(EASY[name]).scale)[0] == 0.5).all()


def test_nothing_is_shifted_without_an_intercept() -> None:
    assert plain_basis(EASY["x at 1e6, no intercept"]).shift.tolist() == [0.0, 0.0, 0.0]


def test_subnormal_numbers_have_a_scale() -> None:
    basis = plain_basis(design_of(y, codes, 5e-324 * np.arange(y.size)))
    assert np.isfinite(basis.scale).all()


@pytest.mark.parametrize("intercept", [True, False])
def test_coefficients_predict_the_same(intercept: bool) -> None:
    basis = turned(intercept)
    design = design_of(y, codes, 7 + x, 1e3 * v, intercept=intercept)
    D = ((np.column_stack([7 + x, 1e3 * v, y]) - basis.shift) * basis.scale) @ basis.rotation
    beta = np.array([0.7, -0.4, 1.1][: 2 + intercept])
    X = np.column_stack([np.ones(y.size), D[:, :2]]) if intercept else D[:, :2]
    # y in the basis is what is left of y: residuals of both are the same, in y's unit, but for a dozen roundings.
    np.testing.assert_allclose(
        (D[:, 2] - X @ beta) * basis.y_unit, y - design.X @ basis.coefficients(beta), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("intercept", [True, False])
def test_the_jacobian_is_the_derivative_of_the_coefficients(intercept: bool) -> None:
    basis = turned(intercept)
    p = 2 + intercept
    zero = basis.coefficients(np.zeros(p))
    columns = [basis.coefficients(unit) - zero for unit in np.eye(p)]
    # The coefficients are linear: one rounding of numbers up to a thousand.
    np.testing.assert_allclose(basis.jacobian() * basis.y_unit, np.column_stack(columns), rtol=1e-12, atol=1e-12)


def test_the_log_determinant_is_that_of_the_map() -> None:
    basis = turned(intercept=False)
    # X of the basis is X of the design times this; a handful of roundings.
    forward = np.diag(basis.scale[:2]) @ basis.rotation[:2, :2]
    assert basis.log_determinant == pytest.approx(np.log(np.linalg.det(forward)), rel=1e-14)
