"""The deviance by the angle of two coefficients, whose sine is their correlation."""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector
from service.inference.profile.contour import Height
from service.inference.profile.leading import Leading


@dataclass(frozen=True, slots=True)
class CorrelationAngle:
    """The deviance by theta in which two elements are a scale and an angle, (k,).

    Over sigma, the two coefficients that lead are a u and b u + d v, where (u, v) has the Lambda [[l, 0], [m, k]]. With
    b l + d m = s sin(angle) and d k = s cos(angle) their correlation is that sine: s and the angle stand for m and k.
    """

    leading: Leading

    def __call__(self, at: Vector) -> Height:
        """The deviance at these coordinates; raises ArithmeticError where l or s is not positive."""
        (_, _), (b, d) = self.leading.scores
        (first, _), (second, third) = self.leading.places
        scale, angle = float(at[second]), float(at[third])
        # With one of the two turned round the correlation would be another.
        if not (scale > 0.0 and at[first] > 0.0):
            raise ArithmeticError("a coefficient without variance has no correlation")
        sine, cosine = math.sin(angle) / d, math.cos(angle) / d
        theta = at.copy()
        theta[second], theta[third] = scale * sine - b / d * at[first], scale * cosine
        there = self.leading.criterion.at(theta)
        change = np.eye(at.size)
        change[second, [first, second, third]] = -b / d, sine, scale * cosine
        change[third, [second, third]] = cosine, -scale * sine
        hessian = change.T @ there.hessian @ change
        by_second, by_third = float(there.gradient[second]), float(there.gradient[third])
        turn = by_second * cosine - by_third * sine
        hessian[second, third] += turn
        hessian[third, second] += turn
        hessian[third, third] -= scale * (by_second * sine + by_third * cosine)
        return Height(at, there.value, change.T @ there.gradient, hessian, there.uncertainty)

    def coordinates(self, theta: Vector) -> Vector:
        """The coordinates (k,) of a theta, none of whose leading elements on the diagonal is zero."""
        (_, _), (b, d) = self.leading.scores
        (first, _), (second, third) = self.leading.places
        along, across = b * theta[first] + d * theta[second], d * theta[third]
        at = theta.copy()
        at[second], at[third] = math.hypot(along, across), math.atan2(along, across)
        return at
