"""The deviance by theta and a combination of the coefficients."""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.criterion import Criterion, Point
from service.engine.derivatives import gradient_by_theta
from service.inference.profile.contour import Height


@dataclass(frozen=True, slots=True)
class HeldCoefficient:
    """The deviance by theta and the combination `row` (p,) of the basis' coefficients, (k + 1,).

    The latter is counted from `centre` in units of `unit`. By a restricted likelihood it is that of region.py, in which
    the other coefficients alone are integrated out.
    """

    criterion: Criterion
    row: Vector
    centre: float
    unit: float

    def __call__(self, at: Vector) -> Height:
        """The deviance at these coordinates."""
        criterion, point = self.criterion, self.criterion.reach(at[:-1])
        nu = criterion.nu + int(criterion.restricted)
        whitened = self.row @ point.half
        variance = float(whitened @ whitened)
        gap = self.centre + self.unit * float(at[-1]) - float(self.row @ point.beta)
        rho = point.rho + gap * gap / variance
        # What the other coefficients do when this one moves.
        lean = np.append(-(point.half @ whitened) / variance, 0.0)
        direction = point.direction + gap * lean
        _, slope, curvature = criterion.derivatives(point, _without(point.half, whitened), direction, rho, nu)
        first = 2.0 * nu * gap / (variance * rho)
        second = 2.0 * nu / (variance * rho) - first * first / nu
        mixed = self._mixed(point, direction, lean, first / nu, rho / nu)
        value = criterion.value(point) + nu * math.log(rho) - criterion.nu * math.log(point.rho)
        if criterion.restricted:
            value += math.log(variance)
        unit = self.unit
        hessian = np.block([[curvature, unit * mixed[:, None]], [unit * mixed, np.array([unit * unit * second])]])
        return Height(at, value, np.append(slope, unit * first), hessian, point.uncertainty)

    def _mixed(self, point: Point, direction: Vector, lean: Vector, log_rho: float, variance: float) -> Vector:
        """The derivatives (k,) by theta of the slope nu `log_rho` by the combination; `variance` is rho / nu."""
        pulls = [[np.einsum("amj,m->aj", solved.U, by) for by in (direction, lean)] for solved in point.factors]
        slopes = [(log_rho * (c @ c.T) - c @ change.T - change @ c.T) / variance for c, change in pulls]
        return gradient_by_theta(self.criterion.parameters, point.lambdas, slopes)


def _without(half: Matrix, whitened: Vector) -> Matrix:
    """A root (p, p - 1) of what is left of half half' if the combination that is `whitened` (p,) of it is known."""
    # The reflection that takes it to the first axis: its other columns are the directions that are left.
    mirror = whitened / float(np.linalg.norm(whitened))
    mirror[0] += -1.0 if mirror[0] < 0 else 1.0
    reflected: Matrix = half - np.outer(half @ mirror, mirror) * (2.0 / float(mirror @ mirror))
    return reflected[:, 1:]
