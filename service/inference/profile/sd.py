"""The deviance by the logarithms of standard deviations: of a coefficient, and of the residuals."""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector
from service.engine.criterion import Criterion
from service.inference.profile.contour import Height


@dataclass(frozen=True, slots=True)
class LogSigma:
    """The deviance by theta and log sigma, (k + 1,): value + nu (u + exp(-u) - 1) as in region.py."""

    criterion: Criterion

    def __call__(self, at: Vector) -> Height:
        """The deviance at these coordinates."""
        criterion, nu = self.criterion, self.criterion.nu
        point, log_variance = criterion.reach(at[:-1]), 2.0 * float(at[-1])
        u = log_variance - math.log(point.rho / nu)
        excess, share = -math.expm1(-u), math.exp(-u)
        _, slope, curvature = criterion.derivatives(
            point, point.half, point.direction, nu * math.exp(log_variance), nu, sigma_follows=False
        )
        mixed = -2.0 * math.exp(-log_variance) * criterion.rho_slope(point)
        hessian = np.block([[curvature, mixed[:, None]], [mixed, np.array([4.0 * nu * share])]])
        value = criterion.value(point) + nu * (u - excess)
        return Height(at, value, np.append(slope, 2.0 * nu * excess), hessian, point.uncertainty)


@dataclass(frozen=True, slots=True)
class LogSd:
    """The same with log(sigma theta[`place`]) in the place of theta[`place`]."""

    criterion: Criterion
    place: int

    def __call__(self, at: Vector) -> Height:
        """The deviance at these coordinates."""
        ratio = math.exp(float(at[self.place] - at[-1]))
        theta = at.copy()
        theta[self.place] = ratio
        there = LogSigma(self.criterion)(theta)
        change = np.eye(at.size)
        change[self.place, self.place], change[self.place, -1] = ratio, -ratio
        hessian = change.T @ there.hessian @ change
        # The ratio's own second derivatives.
        bend = ratio * float(there.gradient[self.place])
        for i, k, sign in ((self.place, self.place, 1), (-1, -1, 1), (self.place, -1, -1), (-1, self.place, -1)):
            hessian[i, k] += sign * bend
        return Height(at, there.value, change.T @ there.gradient, hessian, there.uncertainty)
