"""Profile intervals of correlations: the deviance is least over what remains of theta where one of them is held."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.criterion import Evaluation
from service.engine.optimum import descend
from service.inference.profile.crossing import crossing_before
from service.inference.profile.ends import AWAY, is_exact
from service.inference.profile.leading import Leading
from service.inference.profile.region import Ends


@dataclass(frozen=True, slots=True)
class HeldCorrelation:
    """The least deviance with the correlation of the two coefficients that lead held at the sine of an angle.

    Over sigma, the coefficients of a group are a u and b u + d v, where (u, v) has the Lambda [[l, 0], [m, k]]. With
    b l + d m = s sin(angle) and d k = s cos(angle) the correlation is that sine, and theta is linear in what is free:
    l, s in the place of m, and all other elements but k. `known` are the free elements where the deviance was least,
    by angle.
    """

    leading: Leading
    known: dict[float, Vector] = field(default_factory=dict)

    def __call__(self, angle: float) -> float:
        """The least deviance at this angle."""
        criterion, theta_of = self.leading.criterion, self._theta_of(angle)
        scales = self.leading.places[:, 0]

        def at(free: Vector) -> Evaluation:
            # With one of the two turned round the correlation would be another.
            if not (free[scales] > 0.0).all():
                raise ArithmeticError("a scale is not positive")
            there = criterion.at(theta_of @ free)
            gradient, hessian = theta_of.T @ there.gradient, theta_of.T @ there.hessian @ theta_of
            return replace(there, theta=free, gradient=gradient, hessian=hessian)

        nearest = self.known[min(self.known, key=lambda each: abs(each - angle))]
        search = descend(at, nearest, exact=is_exact(criterion))
        self.known[angle] = search.evaluation.theta
        return search.evaluation.value

    def begin(self) -> float:
        """The angle of the estimate, from which the others are reached."""
        (_, _), (b, d) = self.leading.scores
        (first, _), (second, third) = self.leading.places
        theta, parameters = self.leading.theta.copy(), self.leading.criterion.parameters
        along, across = b * theta[first] + d * theta[second], d * theta[third]
        theta[second] = math.hypot(along, across)
        theta[(parameters.row == parameters.column) & (np.abs(theta) < AWAY)] = AWAY
        angle = math.atan2(along, across)
        self.known[angle] = np.delete(theta, third)
        return angle

    def _theta_of(self, angle: float) -> Matrix:
        """The map (k, k - 1) from what is free to theta."""
        (_, _), (b, d) = self.leading.scores
        (first, _), (second, third) = self.leading.places
        theta_of = np.delete(np.eye(self.leading.theta.size), third, axis=1)
        theta_of[second, first] = -b / d
        theta_of[second, second], theta_of[third, second] = math.sin(angle) / d, math.cos(angle) / d
        return theta_of


def correlation_ends(leading: Leading, least: float, drop: float) -> Ends:
    """The ends of the correlation of the two coefficients that lead, neither of which may be without variance."""
    held = HeldCorrelation(leading)
    angle = held.begin()
    low, high = (crossing_before(held, angle, side * math.pi / 2, least, drop) for side in (-1, 1))
    return Ends(math.sin(low), math.sin(high))
