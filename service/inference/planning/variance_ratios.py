"""The variance ratios of many simulated data sets at once: where each one's deviance is least.

The deviance is the engine's (engine/scalar/criterion.py) with nothing but an intercept; for groups of D sizes it needs,
with lambda = n / (1 + phi n) and the statistics of DataSets,

    A(phi) = sum c lambda,  b(phi) = sum c lambda means,  q(phi) = sum lambda (c means^2 + squares),
    rho = within + q - b^2 / A,   deviance = sum c log(1 + phi n) + [REML] log A + nu log rho.
"""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector, Vectors
from service.inference.planning.data_sets import DataSets
from service.inference.planning.plan import Plan

LOWEST, BEYOND, PER_DECADE = -4, 12, 4
"""The powers of ten where phi times the mean size is looked for: from the lowest, 0 apart, to so many beyond 1 or the
planned value; and how many values there are to each."""

STEPS = 15
"""Steps of false position: they leave less than 1e-6 of the ratio unknown, which no simulation would show."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """Estimates of R data sets: `phi`, the variance ratio, `sigma2`, the residual variance, `mean`; (R,) each.

    `mean_variance` (R,) is the variance that the mean is estimated to have.
    """

    phi: Vector
    sigma2: Vector
    mean: Vector
    mean_variance: Vector


@dataclass(frozen=True, slots=True)
class _Deviance:
    """The deviances of R data sets: at G ratios each, the same for all, or at a ratio of its own."""

    sizes: Vector
    counts: Vector
    data: DataSets
    squares: Vectors
    nu: int
    restricted: bool

    def on_grid(self, phis: Vector) -> Vectors:
        """The deviances (R, G) at ratios (G,)."""
        lam = self.sizes / (1.0 + phis[:, None] * self.sizes)
        A, b, q = lam @ self.counts, self.data.means @ (self.counts * lam).T, self.squares @ lam.T
        rho = self.data.within[:, None] + np.maximum(q - b**2 / A, 0.0)
        pooled = np.log1p(phis[:, None] * self.sizes) @ self.counts
        deviances: Vectors = pooled + (np.log(A) if self.restricted else 0.0) + self.nu * np.log(rho)
        return deviances

    def slopes(self, phi: Vector) -> Vector:
        """The slopes (R,) at ratios (R,)."""
        lam = self.sizes / (1.0 + phi[:, None] * self.sizes)
        A, b, rho = self.parts(lam)
        A1, b1, q1 = -(lam**2) @ self.counts, self._sum(-(lam**2)), -(lam**2 * self.squares).sum(axis=1)
        log_rho = (q1 - 2.0 * b * b1 / A + b**2 * A1 / A**2) / rho
        slopes: Vector = lam @ self.counts + (A1 / A if self.restricted else 0.0) + self.nu * log_rho
        return slopes

    def parts(self, lam: Vectors) -> tuple[Vector, Vector, Vector]:
        """A, b and rho, (R,) each, for lambda (R, D)."""
        A, b, q = lam @ self.counts, self._sum(lam), (lam * self.squares).sum(axis=1)
        return A, b, self.data.within + np.maximum(q - b**2 / A, 0.0)

    def _sum(self, lam: Vectors) -> Vector:
        total: Vector = (lam * self.data.means) @ self.counts
        return total


def estimate(plan: Plan, data: DataSets, *, restricted: bool) -> Ratios:
    """The estimates (REML if `restricted`, else ML) of each data set; the residual variance must not be 0."""
    nu = plan.n_rows - int(restricted)
    squares = plan.counts * data.means**2 + data.squares
    deviance = _Deviance(plan.sizes, plan.counts, data, squares, nu, restricted)
    phi = _minimum(deviance, _grid(plan))
    A, b, rho = deviance.parts(plan.sizes / (1.0 + phi[:, None] * plan.sizes))
    sigma2 = rho / nu
    return Ratios(phi, sigma2, b / A, sigma2 / A)


def _grid(plan: Plan) -> Vector:
    """The ratios (G,), from 0, between which a deviance has one minimum for all that is likely."""
    mean_size = plan.n_rows / plan.n_groups
    planned = math.ceil(math.log10(mean_size * plan.between / plan.within)) if plan.between else 0
    highest = BEYOND + max(planned, 0)
    return np.append(0.0, np.logspace(LOWEST, highest, (highest - LOWEST) * PER_DECADE + 1) / mean_size)


def _minimum(deviance: _Deviance, grid: Vector) -> Vector:
    """The ratio (R,) where each deviance is least, 0 included."""
    best = deviance.on_grid(grid).argmin(axis=1)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, grid.size - 1)]
    return _root(deviance, low, high)


def _root(deviance: _Deviance, low: Vector, high: Vector) -> Vector:
    """Where each slope changes its sign between `low` and `high`; `low` where it rises from there on.

    False position in the manner of Illinois: the end that stays counts half (Dowell & Jarratt 1971, BIT 11).
    """
    at_low, at_high = deviance.slopes(low), deviance.slopes(high)
    rising, falling, beyond = at_low >= 0.0, at_high <= 0.0, high
    was_below = np.zeros_like(rising)
    for step in range(STEPS):
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = low - at_low * (high - low) / (at_high - at_low)
        middle = np.where((middle > low) & (middle < high), middle, 0.5 * (low + high))
        slope = deviance.slopes(middle)
        below = slope < 0.0
        stays = (0.5 if step else 1.0) * (below == was_below) + (below != was_below)
        at_low, at_high = np.where(below, slope, stays * at_low), np.where(below, stays * at_high, slope)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
        was_below = below
    return np.where(rising, 0.0, np.where(falling, beyond, middle))
