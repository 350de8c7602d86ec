"""Profile intervals of sigma, of standard deviations and of coefficients, where there are several variance parameters.

Given theta the ends of each are known in closed form (region.py); the profile interval is their union over theta, so
that an end is the extreme of an explicit function h of theta. It is given by F(theta, h) = level for F the deviance with
the parameter held at h: its gradient is -F_theta / F_h, zero where F is least over theta, and there its Hessian is
-F_theta,theta / F_h. Newton's steps on h (optimum.py) thus find the end and the other parameters at once, in as many
steps as an optimum takes. (They are those of Venzon & Moolgavkar 1988, Appl. Stat. 37, kept on the contour.)
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.criterion import Criterion, Point
from service.engine.curvature import joint_covariance
from service.engine.optimum import descend
from service.engine.search import hold
from service.inference.profile.leading import Leading
from service.inference.profile.region import Ends, log_variances

SETTLED = 1e-4
"""An end is one if its gradient implies that it is less than this many standard errors from the farthest."""

AWAY = 1e-2
"""Elements of the diagonal below this are moved up to it, as the deviance has no slope by them at zero."""


HALVINGS = 4
"""How often a first step is halved that leads out of the region."""

FLAT = 1e-6
"""Curvature, as a share of the largest, that says little of where an end is."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a parameter reaches at one theta (k,): `end`, and as a function to minimise, in units of the deviance."""

    theta: Vector
    end: float
    value: float
    gradient: Vector
    hessian: Matrix
    uncertainty: float


def farthest(criterion: Criterion, reach: Callable[[Vector], Reach], start: Vector) -> float:
    """The end that reaches farthest over theta, from `start` (k,); nan if there is none."""
    search = descend(reach, start, exact=is_exact(criterion))
    return search.evaluation.end if search.gradient_norm < SETTLED else math.nan


def is_exact(criterion: Criterion) -> bool:
    """Whether the Hessians of a criterion are the second derivatives, not their expectation."""
    return len(criterion.parameters.sizes) == 1


def inside(criterion: Criterion, theta: Vector, height: Callable[[Vector], float], level: float) -> Vector:
    """Theta (k,) with no element of the diagonal zero, and a deviance that is still below the level."""
    parameters = criterion.parameters
    small, away = (parameters.row == parameters.column) & (np.abs(theta) < AWAY), AWAY
    moved: Vector = np.where(small, away, theta)
    while height(moved) > level:
        away *= 0.1
        moved = np.where(small, away, theta)
    return moved


@dataclass(frozen=True, slots=True)
class LogSd:
    """One side, -1 or 1, of the logarithm of a standard deviation, over sigma theta[`place`]; of sigma itself if None.

    `level` is that of the criterion, `drop` above its least.
    """

    criterion: Criterion
    level: float
    drop: float
    side: int
    place: int | None

    def __call__(self, theta: Vector) -> Reach:
        """How far it reaches at theta. Raises ArithmeticError outside the region."""
        criterion, nu = self.criterion, self.criterion.nu
        point = criterion.reach(theta)
        excess = excess_of(self.level - criterion.value(point), nu)
        u = self._log_variance(excess)
        log_variance = math.log(point.rho / nu) + u
        _, slope, curvature = criterion.derivatives(
            point, point.half, point.direction, nu * math.exp(log_variance), nu, sigma_follows=False
        )
        # Of F: by log sigma^2, once, twice, and with theta.
        by_s, twice, mixed = (
            -nu * math.expm1(-u),
            nu * math.exp(-u),
            -math.exp(-log_variance) * criterion.rho_slope(point),
        )
        gradient = -slope / by_s
        cross = np.outer(mixed, gradient)
        hessian = -(curvature + cross + cross.T + twice * np.outer(gradient, gradient)) / by_s
        end, gradient, hessian = 0.5 * log_variance, 0.5 * gradient, 0.5 * hessian
        if self.place is not None:
            ratio = abs(float(theta[self.place]))
            if ratio == 0.0:
                raise ArithmeticError("the logarithm of zero")
            end += math.log(ratio)
            gradient[self.place] += 1.0 / float(theta[self.place])
            hessian[self.place, self.place] -= 1.0 / ratio**2
        unit = -self.side * 2.0 * nu * abs(math.expm1(-self._log_variance(self.drop / nu)))
        return Reach(theta, end, unit * end, unit * gradient, unit * hessian, point.uncertainty)

    def _log_variance(self, excess: float) -> float:
        """Log sigma^2, less that of the best sigma, on this side."""
        return float(log_variances(np.array([excess]))[(self.side + 1) // 2][0])


def excess_of(room: float, nu: int) -> float:
    """What there is room for, for each degree of freedom. Raises ArithmeticError outside the region."""
    if not room >= 0.0:
        raise ArithmeticError("outside the region")
    return room / nu


def least_without(leading: Leading) -> float:
    """The least deviance where the coefficient that leads does not vary."""
    criterion = leading.criterion
    theta = np.where(leading.first, 0.0, leading.theta)
    diagonal = criterion.parameters.row == criterion.parameters.column
    start = np.where(diagonal & ~leading.first & (np.abs(theta) < AWAY), AWAY, theta)
    search = descend(lambda at: hold(criterion.at(at), ~leading.first), start, exact=is_exact(criterion))
    return search.evaluation.value


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A combination `row` (p,) of the coefficients of the basis as a parameter of its own (region.py)."""

    criterion: Criterion
    row: Vector

    @property
    def nu(self) -> int:
        """The degrees of freedom that sigma is profiled with."""
        return self.criterion.nu + int(self.criterion.restricted)

    def height(self, theta: Vector) -> float:
        """The deviance at theta and the best value."""
        return self._height(self.criterion.reach(theta))

    def _height(self, point: Point) -> float:
        if not self.criterion.restricted:
            return self.criterion.value(point)
        variance = float(((self.row @ point.half) ** 2).sum())
        return self.criterion.value(point) + math.log(variance) + math.log(point.rho)

    def least(self, theta: Vector) -> tuple[Vector, float]:
        """Where the deviance is least, from a theta near there, and how small."""
        if not self.criterion.restricted:
            return theta, self.height(theta)
        search = descend(self._at_best, inside(self.criterion, theta, self.height, math.inf), exact=False)
        return search.evaluation.theta, search.evaluation.value

    def _at_best(self, theta: Vector) -> Reach:
        """The deviance at theta and the best value; the Hessian is that with the value held."""
        point = self.criterion.reach(theta)
        half = _without(point.half, self.row)
        _, gradient, hessian = self.criterion.derivatives(point, half, point.direction, point.rho, self.nu)
        estimate = float(self.row @ point.beta)
        return Reach(theta, estimate, self._height(point), gradient, hessian, point.uncertainty)

    def reach(self, theta: Vector, *, level: float, side: int, unit: float = 1.0) -> Reach:
        """How far it reaches, on one side, -1 or 1, at theta. Raises ArithmeticError outside the region."""
        point, nu = self.criterion.reach(theta), self.nu
        excess = excess_of(level - self._height(point), nu)
        whitened = self.row @ point.half
        variance, rho = float(whitened @ whitened), point.rho * math.exp(excess)
        gap = side * math.sqrt(variance * point.rho * math.expm1(excess))
        direction = np.append(-(point.beta + point.half @ whitened * (gap / variance)), 1.0)
        half = _without(point.half, self.row)
        _, slope, curvature = self.criterion.derivatives(point, half, direction, rho, nu)
        by_end = 2.0 * nu * gap / (variance * rho)
        end = float(self.row @ point.beta) + gap
        scale = unit / abs(by_end)
        return Reach(theta, end, -side * unit * end, scale * slope, scale * curvature, point.uncertainty)


def _without(half: Matrix, row: Vector) -> Matrix:
    """A root (p, p - 1) of what is left of half half' if the combination `row` (p,) is known."""
    whitened = row @ half
    # The reflection that takes it to the first axis; its other columns are the directions that are left.
    mirror = whitened / np.linalg.norm(whitened)
    sign = -1.0 if mirror[0] < 0 else 1.0
    mirror[0] += sign
    reflected: Matrix = half - np.outer(half @ mirror, mirror) * (2.0 / float(mirror @ mirror))
    return reflected[:, 1:]


def coefficient_ends(coefficient: Coefficient, theta: Vector, drop: float, *, held: bool) -> Ends:
    """The ends of a combination of coefficients, from a theta (k,) near the optimum; at that theta if it is held."""
    criterion = coefficient.criterion
    best, least = (theta, coefficient.height(theta)) if held else coefficient.least(theta)
    level = least + drop
    start = best if held else inside(criterion, best, coefficient.height, least + 0.5 * drop)
    low, high = (coefficient.reach(start, level=level, side=side).end for side in (-1, 1))
    if held:
        return Ends(low, high)
    # The deviance is drop times the square of the distance in units of the half width, nearly.
    unit = 4.0 * drop / (high - low)
    sides = (partial(coefficient.reach, level=level, side=side, unit=unit) for side in (-1, 1))
    return Ends(*(farthest(criterion, reach, start) for reach in sides))


def log_sd_ends(
    criterion: Criterion, theta: Vector, least: float, drop: float, place: int | None, sides: Sequence[int] = (-1, 1)
) -> tuple[float, ...]:
    """The ends of log sigma, or of sigma times theta[`place`], on these sides of the optimum theta (k,)."""

    def height(theta: Vector) -> float:
        return criterion.value(criterion.reach(theta))

    start, level = inside(criterion, theta, height, least + 0.5 * drop), least + drop
    way = _way_out(criterion, start, drop, place)
    found = []
    for side in sides:
        near, step = start, side * way
        for _ in range(HALVINGS):
            if height(start + step) < level and (place is None or (start + step)[place] > 0.0):
                near = start + step
                break
            step = 0.5 * step
        found.append(farthest(criterion, LogSd(criterion, level, drop, side, place), near))
    return tuple(found)


def _way_out(criterion: Criterion, theta: Vector, drop: float, place: int | None) -> Vector:
    """The change of theta (k,) from the optimum to the upper end, were the deviance quadratic; zero if it is flat."""
    at = criterion.at(theta)
    values, vectors = np.linalg.eigh(at.hessian)
    if values[0] <= FLAT * values[-1]:
        return np.zeros_like(theta)
    log_rho = criterion.rho_slope(criterion.reach(theta)) / at.rho
    covariance = joint_covariance((vectors * (2.0 / values)) @ vectors.T, log_rho, criterion.nu)
    slope = np.append(np.zeros_like(theta), 0.5)
    if place is not None:
        slope[place] = 1.0 / theta[place]
    towards = covariance @ slope
    way: Vector = towards[:-1] * math.sqrt(drop / float(slope @ towards))
    return way
