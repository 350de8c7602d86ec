"""The search on functions whose optimum is known, and its steps."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.engine.criterion import Evaluation
from service.engine.optimum import STEPS, descend, quadratic


def evaluation(theta: Vector, value: float, gradient: Vector, hessian: Matrix) -> Evaluation:
    """An evaluation of which a search looks at four things."""

    class _Evaluation:
        def __init__(self) -> None:
            self.theta, self.value, self.gradient, self.hessian = theta, value, gradient, hessian
            self.uncertainty = 0.0

    return cast(Evaluation, _Evaluation())


def valley(theta: Vector) -> Evaluation:
    """Rosenbrock's function, whose minimum is at (1, 1)."""
    x, y = theta.tolist()
    gradient = np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])
    hessian = np.array([[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200.0]])
    return evaluation(theta, (1 - x) ** 2 + 100 * (y - x**2) ** 2, gradient, hessian)


def saddle(theta: Vector) -> Evaluation:
    """Minima at (0, 1) and (0, -1), with a saddle between them."""
    x, y = theta.tolist()
    return evaluation(
        theta, x**2 + (y**2 - 1) ** 2, np.array([2 * x, 4 * y * (y**2 - 1)]), np.diag([2.0, 12 * y**2 - 4])
    )


def far(theta: Vector) -> Evaluation:
    """A minimum at a thousand, by the logarithm."""
    x = float(theta[0])
    log = np.log1p(x**2) - np.log1p(1e6)
    slope = 2 * x / (1 + x**2)
    curvature = 2 * (1 - x**2) / (1 + x**2) ** 2
    return evaluation(theta, log**2, np.array([2 * log * slope]), np.array([[2 * slope**2 + 2 * log * curvature]]))


SEARCHES: dict[str, tuple[Callable[[Vector], Evaluation], list[float], list[float]]] = {
    "a valley": (valley, [-1.2, 1.0], [1.0, 1.0]),
    "beside a saddle": (saddle, [0.5, 1e-3], [0.0, 1.0]),
    "at its foot": (saddle, [0.0, 1.0], [0.0, 1.0]),
    "far away": (far, [0.3], [1000.0]),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_minimum_is_found(name: str) -> None:
    function, start, expected = SEARCHES[name]
    search = descend(function, np.array(start), exact=True)
    assert search.converged
    # The search ends within 1e-8 standard errors.
    np.testing.assert_allclose(search.evaluation.theta, expected, rtol=1e-6, atol=1e-7)
    assert search.evaluations < STEPS


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_hessian_that_is_wrong_is_corrected(factor: float) -> None:
    def approximate(theta: Vector) -> Evaluation:
        at = valley(theta)
        return evaluation(theta, at.value, at.gradient, factor * np.diag(np.diag(at.hessian)))

    search = descend(approximate, np.array([-0.5, 0.4]), exact=False)
    assert search.converged
    # As above.
    np.testing.assert_allclose(search.evaluation.theta, [1.0, 1.0], rtol=0, atol=1e-6)


def test_a_function_without_a_minimum_does_not_pass_for_converged() -> None:
    def falling(theta: Vector) -> Evaluation:
        return evaluation(theta, float(-theta[0]), np.array([-1.0]), np.full((1, 1), 1e-6))

    search = descend(falling, np.array([0.0]), exact=True)
    assert (search.converged, search.evaluations) == (False, STEPS)


def test_a_value_that_is_not_finite_is_no_step() -> None:
    def walled(theta: Vector) -> Evaluation:
        at = valley(theta)
        inside = float(np.abs(theta).max()) < 1.05
        return at if inside else evaluation(theta, np.inf, at.gradient, at.hessian)

    search = descend(walled, np.array([0.0, 0.0]), exact=True)
    # As above.
    np.testing.assert_allclose(search.evaluation.theta, [1.0, 1.0], rtol=0, atol=1e-6)


def test_a_step_that_double_precision_cannot_hold_is_none() -> None:
    def broken(theta: Vector) -> Evaluation:
        if float(np.abs(theta).max()) > 1.05:
            raise np.linalg.LinAlgError
        return valley(theta)

    search = descend(broken, np.array([0.0, 0.0]), exact=True)
    # As above.
    np.testing.assert_allclose(search.evaluation.theta, [1.0, 1.0], rtol=0, atol=1e-6)
    # A start that it cannot hold is brought nearer.
    np.testing.assert_allclose(descend(broken, np.array([20.0, 5.0]), exact=True).evaluation.theta, 1.0, atol=1e-6)


HESSIANS = {
    "positive": np.array([[3.0, 1.0], [1.0, 2.0]]),
    "indefinite": np.array([[1.0, 2.0], [2.0, 1.0]]),
    "negative": np.array([[-2.0, 0.5], [0.5, -1.0]]),
    "singular": np.array([[1.0, 1.0], [1.0, 1.0]]),
}


@pytest.mark.parametrize("radius", [1e-3, 0.5, 100.0])
@pytest.mark.parametrize("name", HESSIANS)
def test_a_step_is_the_best_within_its_radius(name: str, radius: float) -> None:
    gradient, hessian = np.array([1.0, -0.5]), HESSIANS[name]
    step, expected = quadratic(gradient, hessian).step(radius)
    angles = np.linspace(0.0, 2 * np.pi, 400)
    circle = np.array([np.cos(angles), np.sin(angles)])
    points = np.concatenate([radius * share * circle for share in np.linspace(0.0, 1.0, 60)], axis=1)
    best = -float((gradient @ points + 0.5 * np.einsum("ap,ab,bp->p", points, hessian, points)).min())
    assert np.linalg.norm(step) <= radius * 1.0001
    # The radius is met to one part in twenty; the points lie a sixtieth apart.
    assert expected == pytest.approx(-float(gradient @ step + 0.5 * step @ hessian @ step), rel=1e-9)
    assert expected > 0.85 * best


def test_the_distance_is_in_standard_errors() -> None:
    # Twice the inverse Hessian is the covariance: a quarter of a deviance's curvature of 8 is a variance.
    assert quadratic(np.array([8.0 * 0.3]), np.array([[8.0]])).distance() == pytest.approx(0.3 / 0.5, rel=1e-15)
    assert quadratic(np.array([0.1, 0.0]), np.diag([1.0, -1.0])).distance() == np.inf
    assert quadratic(np.array([0.1, 0.0]), np.diag([1.0, 0.0])).distance() == pytest.approx(0.1 / np.sqrt(2), rel=1e-15)
    assert quadratic(np.array([0.1, 1.0]), np.diag([1.0, 0.0])).distance() == np.inf
    assert quadratic(np.zeros(0), np.zeros((0, 0))).distance() == 0.0
