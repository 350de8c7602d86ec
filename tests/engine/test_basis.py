"""Coordinates: shift, scale, rotation, and the way back."""

import numpy as np
import pytest

from service.engine.basis import Basis, plain_bases
from service.errors import NotFinite
from tests.engine.designs import columns_in, design_of, model, random_rows
from tests.engine.hard_designs import EASY

x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
ROTATION = np.array([[1.0, 0.5, -0.2], [0.3, 2.0, 0.7], [0.0, 0.0, 1.0]])


def turned(intercept: bool) -> Basis:
    design = design_of(y, codes, 7 + x, 1e3 * v, intercept=intercept)
    return plain_bases(design).fixed.turned(ROTATION)


@pytest.mark.parametrize("name", EASY)
def test_columns_are_of_the_order_of_one(name: str) -> None:
    design = EASY[name]
    basis = plain_bases(design).fixed
    largest = np.abs(columns_in(design, basis)[:, int(basis.intercept) :]).max(axis=0)
    assert ((largest < 1) | (largest == 0)).all()
    # A shift before the scale costs one rounding of a bound that is a half.
    assert ((largest >= 0.5 - 1e-15) | (largest == 0)).all()


@pytest.mark.parametrize("name", EASY)
def test_scales_are_powers_of_two(name: str) -> None:
    assert (np.frexp(plain_bases(EASY[name]).fixed.scale)[0] == 0.5).all()


def test_nothing_is_shifted_without_an_intercept() -> None:
    assert plain_bases(EASY["x at 1e6, no intercept"]).fixed.shift.tolist() == [0.0, 0.0, 0.0]


def test_subnormal_numbers_have_a_scale() -> None:
    basis = plain_bases(design_of(y, codes, 5e-324 * np.arange(y.size))).fixed
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
        (D[:, 2] - X @ beta) * basis.y_unit, y - design.X.to_array() @ basis.coefficients(beta), rtol=0, atol=1e-12
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


TABLE = {"y": y, "x": 2000.0 + 30.0 * x, "z": 1e-9 * (1.0 + x**2), "g": codes, "h": np.arange(y.size) % 4}
TRANSFORMS = {
    "y ~ (x | g)": [(0, 1)],
    "y ~ (0 + x | g)": [],
    "y ~ (z + x | g)": [(0, 1), (0, 2)],
    "y ~ (x || g)": [],
    "y ~ (1 | g) + (x | g)": [(1, 2)],
    "y ~ (h | g)": [(0, 1), (0, 2), (0, 3)],
}
"""Where an intercept takes up the shift of a column of its own term, and only there."""


@pytest.mark.parametrize("formula", TRANSFORMS)
def test_random_columns_are_the_coordinates_times_the_transform(formula: str) -> None:
    design = model(formula, TABLE)
    basis = plain_bases(design).random[0]
    Z = np.column_stack([effect.Z.to_array() for effect in design.random])
    coordinates = (Z - basis.shift) * basis.scale
    # Two roundings of a bound of one.
    np.testing.assert_allclose(Z @ basis.transform, coordinates, rtol=0, atol=1e-12)
    assert (np.frexp(basis.scale)[0] == 0.5).all()
    assert (np.abs(coordinates).max(axis=0) <= 1.0).all()
    places = np.nonzero(basis.transform - np.diag(np.diag(basis.transform)))
    assert list(zip(*(each.tolist() for each in places), strict=True)) == TRANSFORMS[formula]


def test_numbers_beyond_the_range_are_refused() -> None:
    with pytest.raises(NotFinite, match=r"x1 has numbers beyond 1e\+300") as caught:
        plain_bases(design_of(y, codes, 1e301 * x))
    assert [fault.column for fault in caught.value.faults] == ["x1"]


def test_so_are_numbers_that_vary() -> None:
    with pytest.raises(NotFinite, match=r"x has numbers beyond 1e\+300"):
        plain_bases(model("y ~ (0 + x | g)", {**TABLE, "x": 1e301 * x}))
