"""The optimum of a one-dimensional criterion, certified: found by looking at all of [0, infinity), not by descending.

The slope is evaluated on a grid from phi so small that no group is pooled to phi so large that every group is. Each
sign change from falling to rising brackets a minimum, where the slope is interpolated: by log phi its nearest
singularity lies pi away from the real line, as that of every lambda does, so that a polynomial through few Chebyshev
nodes crosses zero where the slope does (Trefethen 2013, Approximation Theory and Approximation Practice, theorem 8.2).
Safeguarded Newton steps make sure of it. The boundary phi = 0 is a candidate whenever the criterion rises from it. The
lowest candidate wins.
"""

from dataclasses import dataclass, field

import numpy as np

from service.arrays import Vector
from service.engine.scalar.criterion import Criterion, Evaluation, Scan

GRID = np.append(-np.inf, np.linspace(0.0, 1.0, 56))
"""Where the slope is looked at: at zero, and between the ends of the range in steps of a factor of about 5. It is the
logarithm of phi over the lower end, as a share of the range's."""

NODES = 16
"""Chebyshev nodes between two of those: interpolation errs by less than 1e-14 of the slope's size around them."""

ANGLES = np.pi * (NODES - np.arange(NODES) - 0.5) / NODES
PLACES = np.cos(ANGLES)
COEFFICIENTS = np.cos(np.outer(np.arange(NODES), ANGLES)) * np.where(np.arange(NODES) == 0, 1.0, 2.0)[:, None] / NODES
"""The angles of the nodes; their places, which rise; and what makes the coefficients of a series of Chebyshev
polynomials of its values there, (NODES, NODES)."""

SECANTS, LAST_SECANT = 12, 1e-15
"""Steps of the secant to the series' zero, of which 5 are mostly taken; the last is as small as this."""

SMALLEST, LARGEST = 1e-7, 1e32
"""phi * W at the ends of the grid, W the weight of a group: theta from 3e-4 to 1e16 of a single row's noise, beyond
which noise is rounding (estimates.py)."""

STEPS = 60
"""Newton mostly needs no step or one; bisection alone would halve a bracket of a factor 5 to one unit in the last
place."""

FLAT = 1e-6
"""Slope by log phi, a group, below which the criterion is flat: elsewhere it reaches one over the groups somewhere."""

LAST_STEP, NO_STEP = 1e-8, 1e-12
"""A Newton step this small, relative to phi, leaves an error of its square, which is below rounding; or is itself, as
the slope is known no better."""

TOLERANCE = 1e-6
"""Converged: the gradient implies less than this many standard errors to the optimum."""


@dataclass(frozen=True, slots=True)
class Slopes:
    """The slopes of a criterion over the whole range: at the points of the grid, and closer where they turn.

    `closer` remembers the scans between two points of the grid, by the place of the first.
    """

    criterion: Criterion
    scan: Scan
    closer: dict[int, Scan] = field(default_factory=dict)

    def between(self, place: int) -> Scan:
        """The scan at the Chebyshev nodes between a point of the grid and the next."""
        if place not in self.closer:
            low, high = self.scan.phis[place : place + 2].tolist()
            self.closer[place] = self.criterion.scan(_between(low, high, PLACES))
        return self.closer[place]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the criterion is least, and the evidence: the slopes over the whole range.

    `minima` counts the local minima met. `gradient_norm` is the distance to the stationary point that slope and
    curvature imply, in standard errors of theta; 0 on the boundary, where the criterion rises. `flat` says
    that the criterion does not depend on theta at all, so that 0 was taken.
    """

    evaluation: Evaluation
    slopes: Slopes
    evaluations: int
    minima: int
    gradient_norm: float
    converged: bool
    flat: bool

    @property
    def phi(self) -> float:
        """The optimal theta^2."""
        return self.evaluation.phi


def grid_of(criterion: Criterion) -> Vector:
    """The grid over all of phi >= 0."""
    weights = criterion.between.weights
    low, high = SMALLEST / weights.max(), LARGEST / weights.min()
    grid: Vector = low * (high / low) ** GRID
    return grid


def scan_range(criterion: Criterion) -> Slopes:
    """The slopes that `minimise` looks at; REML and ML share them."""
    return Slopes(criterion, criterion.scan(grid_of(criterion)))


def minimise(criterion: Criterion, known: Slopes) -> Optimum:
    """The global minimum over phi >= 0 of the criterion, whose slopes are `known`, or of the other one."""
    phis, slopes = known.scan.phis, criterion.slopes(known.scan)
    flat = bool(np.abs(phis * slopes).max() < FLAT * criterion.between.multiplicity.sum())
    turns = [] if flat else np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0)).tolist()
    candidates = [criterion.at(0.0)] if slopes[0] >= 0 or not turns else []
    evaluations = phis.size + len(candidates)
    for place in turns:
        low, high = phis[place : place + 2].tolist()
        start = _crossing(criterion.slopes(known.between(place)), low, high)
        found, steps = _newton(criterion, start, low, high)
        candidates.append(found)
        evaluations += NODES + steps
    best = min(candidates, key=lambda candidate: candidate.value)
    norm = 0.0 if flat else _gradient_norm(best)
    return Optimum(best, known, evaluations, len(candidates), norm, norm < TOLERANCE, flat)


def _between(low: float, high: float, places: Vector) -> Vector:
    """The phi at places from -1 to 1 between two; by log phi, as the minimum may be anywhere on that scale."""
    shares = 0.5 + 0.5 * places
    return low * (high / low) ** shares if low > 0 else high * shares


def _crossing(slopes: Vector, low: float, high: float) -> float:
    """Where the polynomial through the slopes at the nodes from `low` to `high` crosses zero, by secants."""
    coefficients: list[float] = (COEFFICIENTS @ slopes).tolist()
    first, *later, last = coefficients

    def series(x: float) -> float:
        # Clenshaw's recurrence.
        before, total = 0.0, last
        for coefficient in reversed(later):
            before, total = total, coefficient + 2.0 * x * total - before
        return first + x * total - before

    turn = min(max(int(np.count_nonzero(slopes < 0)), 1), NODES - 1)
    (x, after), (height, above) = PLACES[turn - 1 : turn + 1].tolist(), slopes[turn - 1 : turn + 1].tolist()
    for _ in range(SECANTS):
        if abs(after - x) < LAST_SECANT or above == height:
            break
        x, height, after = after, above, after - above * (after - x) / (above - height)
        above = series(after)
    return float(_between(low, high, np.array(min(max(after, -1.0), 1.0))))


def _newton(criterion: Criterion, start: float, low: float, high: float) -> tuple[Evaluation, int]:
    """The minimum between a falling and a rising point: Newton's steps, bisection where they leave the bracket."""
    best, sure = criterion.at(start), False
    for step in range(1, STEPS):
        if sure:
            return best, step
        low, high = (best.phi, high) if best.slope < 0 else (low, best.phi)
        target = best.phi - best.slope / best.curvature if best.curvature > 0 else -1.0
        change, inside = abs(target - best.phi), low < target < high
        sure = change <= LAST_STEP * best.phi
        if change <= NO_STEP * best.phi or (sure and not inside):
            return best, step
        best = criterion.at(target if inside else 0.5 * (low + high))
    return best, STEPS


def _gradient_norm(at: Evaluation) -> float:
    """|slope| over the root of twice the curvature, both by log phi; 0 on a boundary from which the criterion rises."""
    if at.phi == 0.0:
        return 0.0 if at.slope >= 0 else float("inf")
    slope = at.phi * at.slope
    curvature = at.phi**2 * at.curvature + slope
    return float(abs(slope) / np.sqrt(2.0 * curvature)) if curvature > 0 else float("inf")
