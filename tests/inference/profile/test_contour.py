"""The ends of contours of deviances that are known in closed form."""

import math

import numpy as np
import pytest

from service.arrays import Vector
from service.inference.profile.contour import Contour, Deviance, Height

A = np.array([[2.0, 0.9], [0.9, 1.0]])


def bowl(at: Vector) -> Height:
    """Quadratic: along a coordinate it reaches as far as the root of level (A^-1)_ii."""
    return Height(at, float(at @ A @ at), 2.0 * A @ at, 2.0 * A, 0.0)


def gamma(at: Vector) -> Height:
    """Minus twice a gamma likelihood by a logarithm, and a square beside it."""
    u, v = at.tolist()
    gradient = np.array([10.0 * (1.0 - math.exp(-u)), 2.0 * v])
    return Height(at, 10.0 * (u + math.expm1(-u)) + v * v, gradient, np.diag([10.0 * math.exp(-u), 2.0]), 0.0)


def wave(at: Vector) -> Height:
    """Periodic, never more than 2 above its least."""
    u = float(at[0])
    return Height(at, 1.0 - math.cos(u), np.array([math.sin(u)]), np.array([[math.cos(u)]]), 0.0)


def contour(deviance: Deviance, level: float, *, size: int = 2, exact: bool = True) -> Contour:
    return Contour(deviance, deviance(np.zeros(size)), level, 0, exact)


@pytest.mark.parametrize("exact", [True, False])
def test_a_quadratic(exact: bool) -> None:
    found = [contour(bowl, 3.84, exact=exact).end(side) for side in (-1, 1)]
    half = math.sqrt(3.84 * float(np.linalg.inv(A)[0, 0]))
    assert found == pytest.approx([-half, half], rel=1e-9)


def test_a_likelihood_that_is_not_symmetric() -> None:
    low, high = (contour(gamma, 3.84).end(side) for side in (-1, 1))
    assert low < 0.0 < high
    assert high > -low
    for end in (low, high):
        # The deviance may miss its level by 1e-9.
        assert 10.0 * (end + math.expm1(-end)) == pytest.approx(3.84, abs=1e-8)


def test_a_wrong_hessian_is_corrected_on_the_way() -> None:
    def rough(at: Vector) -> Height:
        there = gamma(at)
        return Height(at, there.value, there.gradient, np.diag([10.0, 2.0]), 0.0)

    found = contour(rough, 3.84, exact=False).end(1)
    assert found == pytest.approx(contour(gamma, 3.84).end(1), rel=1e-8)


def test_a_bound_within_the_region_is_the_end() -> None:
    assert contour(gamma, 3.84).end(1, 0.5) == 0.5
    assert contour(gamma, 3.84).end(1, 5.0) == contour(gamma, 3.84).end(1)


def test_where_the_deviance_never_reaches_the_level_there_is_no_end() -> None:
    assert math.isnan(contour(wave, 3.0, size=1).end(1))
    assert contour(wave, 3.0, size=1).end(-1, -1.5) == -1.5


def test_holding_the_coordinate_finds_what_the_steps_lose() -> None:
    def cliff(at: Vector) -> Height:
        if at[0] > 1.0:
            raise ArithmeticError("beyond")
        there = gamma(at)
        # Derivatives that lead astray.
        return Height(at, there.value, there.gradient * np.array([-1.0, 1.0]), there.hessian, 0.0)

    expected = contour(gamma, 1.0).end(1)
    assert expected < 1.0
    assert contour(cliff, 1.0).end(1) == pytest.approx(expected, rel=1e-7)
