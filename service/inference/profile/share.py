"""The deviance by the ratio of the variance between groups to that within, which makes the intraclass correlation."""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.engine.criterion import Criterion
from service.inference.profile.contour import Height

PIN = 10.0
"""Curvature by the length of the direction, on which nothing depends."""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """The deviance by theta, of whose `counted` (k,) elements the direction alone counts, and the log ratio, (k + 1,).

    The ratio is theta'W theta for the c counted elements, W (c, c) positive definite: with N^2 = z'W z these are
    r z / N, r^2 the ratio. To hold the length of z, PIN (N^2 - 1)^2 is added, which is least wherever N is 1.
    """

    criterion: Criterion
    counted: Flags
    W: Matrix

    def __call__(self, at: Vector) -> Height:
        """The deviance at these coordinates."""
        mine, z = np.flatnonzero(self.counted), at[:-1][self.counted]
        pull = self.W @ z
        square = float(z @ pull)
        scale = math.exp(0.5 * float(at[-1])) / math.sqrt(square)
        theta = at[:-1].copy()
        theta[mine] = z * scale
        there = self.criterion.at(theta)
        change = np.eye(at.size - 1, at.size)
        change[np.ix_(mine, mine)] = (np.eye(mine.size) - np.outer(z, pull) / square) * scale
        change[mine, -1] = 0.5 * z * scale
        own, off = np.append(mine, at.size - 1), square - 1.0
        hessian = change.T @ there.hessian @ change
        hessian[np.ix_(own, own)] += scale * self._bend(z, there.gradient[mine])
        hessian[np.ix_(mine, mine)] += 4.0 * PIN * (off * self.W + 2.0 * np.outer(pull, pull))
        gradient = change.T @ there.gradient
        gradient[mine] += 4.0 * PIN * off * pull
        return Height(at, there.value + PIN * off * off, gradient, hessian, there.uncertainty)

    def _bend(self, z: Vector, slope: Vector) -> Matrix:
        """What the second derivatives of r z / N by z and log r^2 make of a slope by it, (c + 1, c + 1), over r / N."""
        pull = self.W @ z
        square, along = float(z @ pull), float(slope @ z)
        outer = np.outer(slope, pull)
        by_z = (3.0 * along / square * np.outer(pull, pull) - outer - outer.T - along * self.W) / square
        mixed = 0.5 * (slope - along / square * pull)
        return np.block([[by_z, mixed[:, None]], [mixed, np.array([0.25 * along])]])

    def coordinates(self, theta: Vector) -> Vector:
        """The coordinates (k + 1,) of a theta whose counted elements are not all zero."""
        z = theta[self.counted]
        square = float(z @ self.W @ z)
        at = np.append(np.where(self.counted, theta / math.sqrt(square), theta), math.log(square))
        return at
