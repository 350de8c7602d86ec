"""The optimum of a one-dimensional criterion, certified: found by looking at all of [0, infinity), not by descending.

The slope is evaluated on a grid from phi so small that no group is pooled to phi so large that every group is; each
sign change from falling to rising brackets a minimum, which safeguarded Newton steps find; the boundary phi = 0 is a
candidate whenever the criterion rises from it. The lowest candidate wins.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Vector
from service.engine.criterion import Criterion, Evaluation

GRID_POINTS = 48
SMALLEST, LARGEST = 1e-7, 1e24
"""phi * W at the ends of the grid, W the weight of a group: theta from 3e-4 to 1e12 of a single row's noise."""

STEPS = 60
"""Newton converges in 4 to 8 steps; bisection alone would halve a bracket of a factor 5 to one unit in the last
place."""

LAST_STEP = 1e-8
"""A Newton step this small, relative to phi, leaves an error of its square: below rounding."""

TOLERANCE = 1e-6
"""Converged: the gradient implies less than this many standard errors to the optimum."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the criterion is least, and the evidence.

    `minima` counts the local minima met. `gradient_norm` is the distance to the stationary point that slope and
    curvature imply, in standard errors of theta; 0 on the boundary, where the criterion rises.
    """

    evaluation: Evaluation
    evaluations: int
    minima: int
    gradient_norm: float
    converged: bool

    @property
    def phi(self) -> float:
        """The optimal theta^2."""
        return self.evaluation.phi

    @property
    def singular(self) -> bool:
        """Whether the optimum lies on the boundary."""
        return self.evaluation.phi == 0.0


def minimise(criterion: Criterion) -> Optimum:
    """The global minimum of the criterion over phi >= 0."""
    weights = criterion.between.weights
    grid = np.geomspace(SMALLEST / weights.max(), LARGEST / weights.min(), GRID_POINTS)
    phis = np.concatenate([[0.0], grid])
    _, slopes = criterion.scan(phis)
    turns = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0))
    candidates = [criterion.at(0.0)] if slopes[0] >= 0 or turns.size == 0 else []
    evaluations = phis.size + len(candidates)
    for i in turns:
        found, steps = _newton(criterion, _crossing(phis[i : i + 2], slopes[i : i + 2]), *phis[i : i + 2].tolist())
        candidates.append(found)
        evaluations += steps
    best = min(candidates, key=lambda candidate: candidate.value)
    norm = _gradient_norm(best)
    return Optimum(best, evaluations, len(candidates), norm, norm < TOLERANCE)


def _crossing(phis: Vector, slopes: Vector) -> float:
    """Where the slope by log phi would cross zero if it were straight between two points; between 0 and one, by phi."""
    if phis[0] == 0.0:
        return float(phis[1] * slopes[0] / (slopes[0] - slopes[1]))
    low, high = phis * slopes
    return float(phis[0] * (phis[1] / phis[0]) ** (low / (low - high)))


def _newton(criterion: Criterion, start: float, low: float, high: float) -> tuple[Evaluation, int]:
    """The minimum between a falling and a rising point: Newton's steps, bisection where they leave the bracket."""
    best, sure = criterion.at(start), False
    for step in range(1, STEPS):
        if sure:
            return best, step
        low, high = (best.phi, high) if best.slope < 0 else (low, best.phi)
        target = best.phi - best.slope / best.curvature if best.curvature > 0 else -1.0
        sure = abs(target - best.phi) <= LAST_STEP * best.phi
        if not low < target < high:
            if sure:
                return best, step
            target = 0.5 * (low + high)
        best = criterion.at(target)
    return best, STEPS


def _gradient_norm(at: Evaluation) -> float:
    """|slope| over the root of twice the curvature, both by log phi; 0 on a boundary from which the criterion rises."""
    if at.phi == 0.0:
        return 0.0 if at.slope >= 0 else float("inf")
    slope = at.phi * at.slope
    curvature = at.phi**2 * at.curvature + slope
    return float(abs(slope) / np.sqrt(2.0 * curvature)) if curvature > 0 else float("inf")
