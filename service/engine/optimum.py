"""The search for the optimum of a criterion of several parameters, and our own verdict on what it found.

Newton's steps in a trust region (Nocedal & Wright 2006, Numerical Optimization, chapter 4). Theta is not bounded: the
criterion depends on Lambda Lambda' alone, so a variance of zero is an ordinary stationary point whose curvature
is the slope by Psi, and a singular covariance is approached as fast as any other optimum. Where the Hessian is
an approximation, what the gradients say of it is added (a symmetric rank-one update; same source, section 6.2).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.spectrum import eigen

STEPS = 200
"""A search takes 5 to 12 steps; one that takes more than this has lost its way."""

MEANINGLESS = 1.0
"""What rounding may have done to a criterion that says nothing any more."""

ATTEMPTS = 8
"""Starts, each a tenth of the one before, of which one is in range."""

TOLERANCE = 1e-6
"""Converged: the gradient implies less than this many standard errors to the optimum."""

ENOUGH = 1e-8
"""The search stops where less than this is left, which is where rounding of the gradient shows."""

RADIUS = 1.0
"""The first trust region, in units of theta or of its length if that is more."""

FLAT = 1e-11
"""Curvature, as a share of the largest, that is rounding."""

FLAT_SLOPE = 1e-5
"""Slope in a direction without curvature that is rounding."""

ROUNDING = 1e-12
"""Differences of the criterion, relative to its size, that mean nothing."""


class Slope(Protocol):
    """What a search looks at: a function of theta (k,), its gradient (k,) and Hessian (k, k), and what rounding did."""

    @property
    def theta(self) -> Vector:
        """Where it was looked, (k,)."""
        ...

    @property
    def value(self) -> float:
        """The function there."""
        ...

    @property
    def gradient(self) -> Vector:
        """Its gradient, (k,)."""
        ...

    @property
    def hessian(self) -> Matrix:
        """Its Hessian, (k, k)."""
        ...

    @property
    def uncertainty(self) -> float:
        """What rounding may have done to the value."""
        ...


Found = TypeVar("Found", bound=Slope)


@dataclass(frozen=True, slots=True)
class Search(Generic[Found]):
    """Where a search ended: the best evaluation, with the Hessian that the search ended with, and how many it took.

    `gradient_norm` is the distance to the stationary point that gradient and curvature imply, in standard errors of
    theta; inf where the criterion has no minimum there.
    """

    evaluation: Found
    hessian: Matrix
    evaluations: int
    gradient_norm: float

    @property
    def converged(self) -> bool:
        """Whether the point is as good as stationary, and a minimum."""
        return self.gradient_norm < TOLERANCE


@dataclass(frozen=True, slots=True)
class Quadratic:
    """A criterion around a point: the eigenvalues (k,) and vectors (k, k) of its Hessian, and the slopes (k,) along."""

    values: Vector
    vectors: Matrix
    slopes: Vector

    def distance(self) -> float:
        """How many standard errors away the stationary point is, (g'H^-1 g / 2)^(1/2); inf if H is not definite.

        Directions in which the criterion is flat to rounding, both in slope and curvature, do not count.
        """
        values, slopes = self.values, self.slopes
        curved = np.abs(values) > FLAT * max(float(np.abs(values).max(initial=0.0)), 1e-300)
        if not curved.all():
            if (np.abs(slopes[~curved]) > FLAT_SLOPE).any():
                return float("inf")
            values, slopes = values[curved], slopes[curved]
        return math.sqrt(0.5 * float((slopes**2 / values).sum())) if (values > 0).all() else float("inf")

    def step(self, radius: float) -> tuple[Vector, float]:
        """The step (k,) no longer than `radius` that lowers the quadratic model most, and by how much."""
        values, slopes = self.values, self.slopes
        floor = max(0.0, -float(values[0])) * (1.0 + 1e-10)
        least = 1e-12 * max(1e-300, float(np.abs(values).max()))

        def step(shift: float) -> Vector:
            return -slopes / np.maximum(values + shift, least)

        taken = step(floor)
        if _length(taken) > radius:
            low, high = floor, floor + _length(slopes) / radius + least
            for _ in range(60):
                shift = 0.5 * (low + high) if low > 0 else 0.1 * high if high > 1e3 * least else 0.5 * high
                low, high = (shift, high) if _length(step(shift)) > radius else (low, shift)
                if high - low <= 0.05 * high:
                    break
            taken = step(high)
        expected = -float(slopes @ taken + 0.5 * (values * taken) @ taken)
        return self.vectors @ taken, max(expected, 0.0)


def quadratic(gradient: Vector, hessian: Matrix) -> Quadratic:
    """The quadratic model of a criterion with this gradient (k,) and Hessian (k, k)."""
    values, vectors = eigen(hessian)
    return Quadratic(values, vectors, gradient @ vectors)


def _length(vector: Vector) -> float:
    """The length of a vector."""
    return math.sqrt(float(vector @ vector))


def descend(
    evaluate: Callable[[Vector], Found], start: Vector, *, exact: bool, enough: float = ENOUGH
) -> Search[Found]:
    """A local minimum of a criterion, from `start` (k,); `exact` says that its Hessians are.

    The search ends where less than `enough` standard errors of theta are left.
    """
    at, evaluations = _begin(evaluate, start)
    correction = np.zeros_like(at.hessian)
    radius = RADIUS * max(1.0, _length(start))
    idle = 0
    while True:
        hessian = at.hessian + correction
        model = quadratic(at.gradient, hessian)
        norm = model.distance()
        if norm < enough or idle > 1 or evaluations >= STEPS:
            return Search(at, hessian, evaluations, norm)
        step, expected = model.step(radius)
        then = _attempt(evaluate, at.theta + step)
        evaluations += 1
        length = _length(step)
        if then is None:
            radius = 0.25 * length
            continue
        gain = at.value - then.value
        noise = ROUNDING * max(1.0, abs(at.value))
        if not exact:
            correction = corrected(correction, step, then.gradient - at.gradient, then.hessian)
        if gain < 0.1 * expected - noise:
            radius = 0.25 * length
        elif gain > 0.75 * expected and length > 0.8 * radius:
            radius = 3.0 * radius
        if gain > 0.0 or (gain > -noise and _is_nearer(then, at)):
            at, idle = then, 0
        else:
            idle += expected < noise


def _begin(evaluate: Callable[[Vector], Found], start: Vector) -> tuple[Found, int]:
    """The criterion at the start, or nearer to zero where it leaves the range of a double; and how many it took."""
    for attempts in range(1, ATTEMPTS):
        if (found := _attempt(evaluate, start)) is not None:
            return found, attempts
        start = 0.1 * start
    return evaluate(start), ATTEMPTS


def _attempt(evaluate: Callable[[Vector], Found], theta: Vector) -> Found | None:
    """The criterion at theta; None where it leaves the range of a double, or is nothing but rounding."""
    try:
        found = evaluate(theta)
    except (np.linalg.LinAlgError, ArithmeticError):
        return None
    known = math.isfinite(found.value) and np.isfinite(found.gradient).all() and np.isfinite(found.hessian).all()
    return found if known and found.uncertainty < MEANINGLESS else None


def _is_nearer(then: Slope, at: Slope) -> bool:
    """Whether the gradient says what differences of the criterion are too small to say."""
    return _length(then.gradient) < _length(at.gradient)


def corrected(correction: Matrix, step: Vector, change: Vector, hessian: Matrix) -> Matrix:
    """The correction with what this step's change of the gradient adds to it (SR1), unless that is ill-defined."""
    missing = change - (hessian + correction) @ step
    weight = float(missing @ step)
    if abs(weight) <= 1e-8 * _length(missing) * _length(step):
        return correction
    return correction + np.outer(missing, missing) / weight
