"""The optimum of a one-dimensional criterion, certified: found by looking at all of [0, infinity), not by descending.

The slope is evaluated on a grid from phi so small that no group is pooled to phi so large that every group is; each
sign change from falling to rising brackets a minimum, which safeguarded Newton steps find; the boundary phi = 0 is a
candidate whenever the criterion rises from it. The lowest candidate wins.
"""

from dataclasses import dataclass

import numpy as np

from service.engine.scalar.criterion import Criterion, Evaluation, Scan

GRID = np.linspace(0.0, 1.0, 56)
"""Where between the ends of the range the slope is looked at, on the log scale: steps of a factor of about 5."""

FINE_GRID = np.linspace(0.0, 1.0, 11)
"""The same between two of those, so that Newton begins close enough to converge at once."""

SMALLEST, LARGEST = 1e-7, 1e32
"""phi * W at the ends of the grid, W the weight of a group: theta from 3e-4 to 1e16 of a single row's noise, beyond
which noise is rounding (estimates.py)."""

STEPS = 60
"""Newton converges in 4 to 8 steps; bisection alone would halve a bracket of a factor 5 to one unit in the last
place."""

FLAT = 1e-6
"""Slope by log phi, a group, below which the criterion is flat: elsewhere it reaches one over the groups somewhere."""

LAST_STEP = 1e-8
"""A Newton step this small, relative to phi, leaves an error of its square: below rounding."""

TOLERANCE = 1e-6
"""Converged: the gradient implies less than this many standard errors to the optimum."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the criterion is least, and the evidence: the scan of the whole range.

    `minima` counts the local minima met. `gradient_norm` is the distance to the stationary point that slope and
    curvature imply, in standard errors of theta; 0 on the boundary, where the criterion rises. `flat` says
    that the criterion does not depend on theta at all, so that 0 was taken.
    """

    evaluation: Evaluation
    scan: Scan
    evaluations: int
    minima: int
    gradient_norm: float
    converged: bool
    flat: bool

    @property
    def phi(self) -> float:
        """The optimal theta^2."""
        return self.evaluation.phi


def scan_range(criterion: Criterion) -> Scan:
    """The scan of all of phi >= 0 that `minimise` begins with; REML and ML share it."""
    weights = criterion.between.weights
    low, high = SMALLEST / weights.max(), LARGEST / weights.min()
    return criterion.scan(np.concatenate([[0.0], low * (high / low) ** GRID]))


def minimise(criterion: Criterion, scan: Scan, near: float | None = None) -> Optimum:
    """The global minimum of the criterion over phi >= 0; `near` is that of the other criterion, if it is known."""
    phis, slopes = scan.phis, criterion.slopes(scan)
    flat = bool(np.abs(phis * slopes).max() < FLAT * criterion.between.multiplicity.sum())
    turns = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0) & (not flat))
    candidates = [criterion.at(0.0)] if slopes[0] >= 0 or turns.size == 0 else []
    evaluations = phis.size + len(candidates)
    for i in turns:
        low, high = float(phis[i]), float(phis[i + 1])
        if near is not None and low < near < high:
            found, steps = _newton(criterion, near, low, high)
        else:
            found, steps = _newton(criterion, *_zoomed(criterion, low, high))
            evaluations += FINE_GRID.size
        candidates.append(found)
        evaluations += steps
    best = min(candidates, key=lambda candidate: candidate.value)
    norm = 0.0 if flat else _gradient_norm(best)
    return Optimum(best, scan, evaluations, len(candidates), norm, norm < TOLERANCE, flat)


def _zoomed(criterion: Criterion, low: float, high: float) -> tuple[float, float, float]:
    """A bracket a tenth as wide, and an estimate of the minimum within it: where a straight line crosses zero."""
    phis = low * (high / low) ** FINE_GRID if low > 0 else high * FINE_GRID
    slopes = criterion.slopes(criterion.scan(phis))
    turns = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0))
    if turns.size == 0:  # The slope at an end is nothing but rounding.
        return 0.5 * (low + high), low, high
    i = int(turns[0])
    a, b, falling, rising = (float(v) for v in (phis[i], phis[i + 1], slopes[i], slopes[i + 1]))
    # By log phi, as the minimum may be anywhere on that scale.
    estimate = a * (b / a) ** (a * falling / (a * falling - b * rising)) if a > 0 else b * falling / (falling - rising)
    return estimate, a, b


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
