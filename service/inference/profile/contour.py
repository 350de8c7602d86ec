"""The contour of a deviance, and how far it reaches along one of its coordinates.

An end of a profile interval is the extreme of one coordinate on the contour F = level. At each step F is taken for the
quadratic that its value, gradient g and Hessian H at the point say it is; with a the unit vector of the coordinate, the
extreme of that is at the distance

    -H^-1 g  +-  H^-1 a ((2 (level - F) + g'H^-1 g) / a'H^-1 a)^(1/2)

(Venzon & Moolgavkar 1988, Appl. Stat. 37): as Newton's steps these square the error, and from the optimum the first
leads to the end of the Wald interval. Where they lead nowhere, the coordinate is held and the deviance made least over
the others, until that crosses the level (Bates, Mächler, Bolker & Walker 2015, J. Stat. Softw. 67(1), section 5.1).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from service.arrays import Matrix, Vector
from service.engine.optimum import corrected, descend

STEPS, HALVINGS = 25, 12
"""A search takes 4 to 8 steps; how often one is halved that leads away."""

NEAR = 1e-9
"""Deviance by which the contour may be missed, which is less than that share of an end's distance from the estimate."""

ROUNDING = 1e-13
"""The same, as a share of the deviance: rounding."""

FLAT = 1e-10
"""Curvature, as a share of the largest, of a direction that changes nothing."""

LONGEST = 2.0
"""Change of a coordinate in one step, over its size if that is above 1: all are ratios, logarithms or angles."""

DOUBLINGS = 7
"""How often a stride is doubled before a coordinate counts as without bound: beyond a factor of exp(63)."""


@dataclass(frozen=True, slots=True)
class Height:
    """A deviance at one point, `theta` in some coordinates (m,): its gradient (m,) and Hessian (m, m) by them.

    `uncertainty` is what rounding may have done to the value.
    """

    theta: Vector
    value: float
    gradient: Vector
    hessian: Matrix
    uncertainty: float


Deviance = Callable[[Vector], Height]
"""A deviance as a function of coordinates (m,); raises ArithmeticError where it has no value."""


@dataclass(frozen=True, slots=True)
class Contour:
    """The contour of a deviance at `level`, seen from a point `within`, near its least, along coordinate `axis`.

    `exact` says that the Hessians are.
    """

    deviance: Deviance
    within: Height
    level: float
    axis: int
    exact: bool

    def end(self, side: int, bound: float | None = None) -> float:
        """The value of the coordinate at which the region ends on a side, -1 or 1.

        It is `bound` if the region reaches so far; nan if there is no end.
        """
        found = self._newton(side)
        if side * found < (math.inf if bound is None else side * bound):
            return found
        if bound is not None and self._least(bound, self.within.theta).value <= self.level:
            return bound
        return self._crossing(side, bound)

    def _least(self, value: float, near: Vector) -> Height:
        """The least deviance with the coordinate held, from a point near there; its derivatives are by the others.

        Raises ArithmeticError or LinAlgError where there is none in the range of a double.
        """
        others = np.arange(near.size) != self.axis

        def at(free: Vector) -> Height:
            there = self.deviance(np.insert(free, self.axis, value))
            return replace(
                there, theta=free, gradient=there.gradient[others], hessian=there.hessian[np.ix_(others, others)]
            )

        found = descend(at, near[others], exact=self.exact).evaluation
        return replace(found, theta=np.insert(found.theta, self.axis, value))

    def _newton(self, side: int) -> float:
        """The end by steps to the end of a quadratic; nan if they do not settle."""
        at, correction = self.within, np.zeros_like(self.within.hessian)
        for _ in range(STEPS):
            step, missed = self._step(at, at.hessian + correction, side)
            if missed < max(NEAR, ROUNDING * abs(self.level), at.uncertainty):
                return float(at.theta[self.axis])
            then = self._moved(at, step)
            if then is None:
                break
            if not self.exact:
                correction = corrected(correction, then.theta - at.theta, then.gradient - at.gradient, then.hessian)
            at = then
        return math.nan

    def _step(self, at: Height, hessian: Matrix, side: int) -> tuple[Vector, float]:
        """The step to the end of the quadratic (m,), and by how much deviance the end is missed here."""
        values, vectors = np.linalg.eigh(hessian)
        sizes = np.abs(values)
        told = sizes > FLAT * float(sizes.max())
        inverse = (vectors[:, told] / sizes[told]) @ vectors[:, told].T
        pull, along = inverse @ at.gradient, inverse[:, self.axis]
        spread = float(along[self.axis])
        room = 2.0 * (self.level - at.value) + float(at.gradient @ pull)
        step = side * math.sqrt(max(room, 0.0) / spread) * along - pull
        # What the other coordinates could still gain where the contour is met.
        gain = float(at.gradient @ pull) - float(pull[self.axis]) ** 2 / spread
        is_side = side * float(at.gradient[self.axis]) > 0.0
        missed = abs(self.level - at.value) + max(gain, 0.0) if is_side else math.inf
        longest = float((np.abs(step) / np.maximum(np.abs(at.theta), 1.0)).max())
        return step * min(1.0, LONGEST / max(longest, LONGEST)), missed

    def _moved(self, at: Height, step: Vector) -> Height | None:
        """The deviance after a step, halved until it is not much above the level; None if it stays there."""
        highest = max(self.level, at.value) + (self.level - self.within.value)
        for _ in range(HALVINGS):
            try:
                then = self.deviance(at.theta + step)
            except (np.linalg.LinAlgError, ArithmeticError):
                then = None
            if then is not None and then.value < highest:
                return then
            step = 0.5 * step
        return None

    def _crossing(self, side: int, bound: float | None) -> float:
        """The end by holding the coordinate farther and farther away, until its least deviance is above the level.

        The bound, if there is one, must be beyond the level.
        """
        inside, near = float(self.within.theta[self.axis]), self.within.theta
        strides = [side * 0.5 * 2.0**k for k in range(DOUBLINGS)] if bound is None else [0.25 * (bound - inside)] * 4
        for stride in strides:
            try:
                found = self._least(inside + stride, near)
            except (np.linalg.LinAlgError, ArithmeticError):
                return math.nan
            if found.value > self.level:
                return self._root(inside, inside + stride, near)
            inside, near = inside + stride, found.theta
        return math.nan if bound is None else bound

    def _root(self, inside: float, outside: float, near: Vector) -> float:
        """Where between two values the least deviance crosses the level."""
        drop = self.level - self.within.value

        def distance(value: float) -> float:
            # In units in which a deviance that is quadratic is straight.
            above = self._least(value, near).value - self.within.value
            return math.sqrt(max(above, 0.0)) - math.sqrt(drop)

        return float(brentq(distance, inside, outside, xtol=NEAR))
