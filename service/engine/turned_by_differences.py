"""What N makes of the slopes, by differences: where N is too large to be held, its change is not.

As dN = -N dPsi N, N E_i Y is the slope of -Y by an element of Psi and tr E_i N E_j N that of -tr E_i N. Both need the
groups' own N and U alone, which a criterion yields at any Psi. Psi must remain a covariance, so it moves along v v'
and forward only: for an element beside the diagonal along the sum of two units, less what each does alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.covariance_slopes import Turned, changes_of, totals, whitened
from service.engine.criterion import Criterion, Evaluation
from service.engine.roots import lower_root

STEP = 1e-3
"""A step of Psi, as a share of what halves N of the group of which most is known."""

FORWARD = (-11.0 / 6.0, 3.0, -1.5, 1.0 / 3.0)
"""The weights of the values after none, one, two and three steps in a slope that errs by six times the cube of STEP."""


def turned_by_differences(criterion: Criterion, at: Evaluation) -> Turned:
    """What N makes of the slopes at an evaluation of a criterion."""
    slopes = list(_slopes(criterion, at))
    traces = np.array([slope.totals for slope in slopes])
    return Turned([slope.columns for slope in slopes], 0.5 * (traces + traces.T))


@dataclass(frozen=True, slots=True)
class _Slope:
    """The slopes of -Y (q, p, J) of every factor, and of -tr E_i N (k,)."""

    columns: list[Matrices]
    totals: Vector

    def plus(self, weight: float, other: "_Slope") -> "_Slope":
        """This and another, times a number."""
        columns = [mine + weight * theirs for mine, theirs in zip(self.columns, other.columns, strict=True)]
        return _Slope(columns, self.totals + weight * other.totals)


def _slopes(criterion: Criterion, at: Evaluation) -> Iterator[_Slope]:
    """The slopes by every parameter."""
    parameters = criterion.parameters

    @cache
    def along(f: int, a: int, b: int) -> _Slope:
        direction = np.zeros(parameters.sizes[f])
        direction[[a, b]] = 1.0
        return _slope(criterion, at, f, direction)

    for f, a, b in zip(parameters.factor.tolist(), parameters.row.tolist(), parameters.column.tolist(), strict=True):
        yield along(f, a, a) if a == b else along(f, a, b).plus(-1.0, along(f, a, a)).plus(-1.0, along(f, b, b))


def _slope(criterion: Criterion, at: Evaluation, f: int, direction: Vector) -> _Slope:
    """The slopes along v v' for the Psi of factor f and a direction v (q,)."""
    parameters = criterion.parameters
    roots = parameters.roots(at.theta)
    most = float(np.einsum("a,abj,b->j", direction, at.factors[f].N, direction).max())
    step = STEP / most if most > 0 else STEP
    slope = _values(criterion, at, at.half, -FORWARD[0] / step)
    for steps in (1, 2, 3):
        moved = np.column_stack([roots[f], np.sqrt(steps * step) * direction])
        root = lower_root(moved)[:, :-1]
        there = criterion.at(parameters.theta([*roots[:f], root, *roots[f + 1 :]]))
        slope = slope.plus(-FORWARD[steps] / step, _values(criterion, there, at.half))
    return slope


def _values(criterion: Criterion, at: Evaluation, half: Matrix, weight: float = 1.0) -> _Slope:
    """Y and tr E_i N, times a number."""
    sums = weight * np.concatenate(totals(changes_of(criterion.parameters), at))
    return _Slope([weight * Y for Y in whitened(at, half)], sums)
