"""Spline bases on the values of a variable: from numbers and knots to columns, as R's `bs` and `ns` make them.

B-splines come by the recurrence of Cox and de Boor (de Boor 1978, A Practical Guide to Splines, ch. X). Knots and
boundary are all a basis remembers, so the same knots give the same columns for new values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector

CUBIC = 4
"""The order (degree + 1) of cubic splines."""


@dataclass(frozen=True, slots=True)
class Knots:
    """Where the pieces of a spline meet: `inner` knots strictly inside `boundary` = (lowest, highest)."""

    inner: tuple[float, ...]
    boundary: tuple[float, float]

    def repeated(self, order: int) -> Vector:
        """All knots in increasing order, each boundary knot `order` times."""
        low, high = self.boundary
        return np.array([low] * order + sorted(self.inner) + [high] * order)


def quantile_knots(x: Vector, count: int, boundary: tuple[float, float]) -> Knots:
    """`count` inner knots at equally spaced quantiles (R's type 7) of the values within the boundary."""
    within = x[(x >= boundary[0]) & (x <= boundary[1])]
    shares = np.linspace(0.0, 1.0, count + 2)[1:-1]
    return Knots(tuple(np.quantile(within, shares).tolist()), boundary)


def polynomial_splines(x: Vector, knots: Knots, degree: int, intercept: bool) -> Matrix:
    """The columns of `bs`, (n, inner knots + degree + intercept); beyond the boundary the outer pieces continue."""
    basis = b_splines(x, knots.repeated(degree + 1), degree + 1)
    return basis if intercept else basis[:, 1:]


def natural_splines(x: Vector, knots: Knots, intercept: bool) -> Matrix:
    """The columns of `ns`, (n, inner knots + 1 + intercept): cubic splines that are straight beyond the boundary.

    The two constraints, no second derivative at either boundary knot, are eliminated by a QR factorisation, whose
    Householder signs are LAPACK's and R's alike.
    """
    low, high = knots.boundary
    sequence = knots.repeated(CUBIC)
    basis = b_splines(np.clip(x, low, high), sequence, CUBIC)
    ends = np.array([low, high])
    slopes = b_spline_derivatives(ends, sequence, CUBIC, 1)
    for outside, end, slope in ((x < low, low, slopes[0]), (x > high, high, slopes[1])):
        if outside.any():
            basis[outside] += np.outer(x[outside] - end, slope)
    curvatures = b_spline_derivatives(ends, sequence, CUBIC, 2)
    first = 0 if intercept else 1
    rotation, _ = np.linalg.qr(curvatures[:, first:].T, mode="complete")
    return np.asfortranarray(basis[:, first:] @ rotation[:, 2:])


def b_splines(x: Vector, sequence: Vector, order: int) -> Matrix:
    """Every B-spline of the knot sequence at `x`, (n, knots - order), with the outermost pieces continued beyond it.

    Only `order` splines live in any one interval, so the recurrence runs over those and each row is filled in once.
    """
    first = np.searchsorted(sequence, sequence[order - 1], side="right") - 1
    last = np.searchsorted(sequence, sequence[-order], side="left") - 1
    interval = np.clip(np.searchsorted(sequence, x, side="right") - 1, first, last)
    living: Sequence[Vector] = [np.ones_like(x)]
    for degree in range(1, order):
        living = _raise_degree(living, x, sequence, interval, degree)
    basis = np.zeros((len(x), len(sequence) - order), order="F")
    rows = np.arange(len(x))
    for offset, values in enumerate(living):
        basis[rows, interval - order + 1 + offset] = values
    return basis


def _raise_degree(
    living: Sequence[Vector], x: Vector, sequence: Vector, interval: np.ndarray, degree: int
) -> list[Vector]:
    """The splines that live in each row's interval, one degree higher than the given ones."""
    raised = [np.zeros_like(x)]
    for offset, values in enumerate(living):
        left = sequence[interval + 1 - degree + offset]
        right = sequence[interval + 1 + offset]
        share = values / (right - left)
        raised[-1] = raised[-1] + (right - x) * share
        raised.append((x - left) * share)
    return raised


def b_spline_derivatives(x: Vector, sequence: Vector, order: int, times: int) -> Matrix:
    """The derivative, taken `times` times, of every B-spline at `x`, (n, knots - order)."""
    if times == 0:
        return b_splines(x, sequence, order)
    lower = b_spline_derivatives(x, sequence, order - 1, times - 1)
    spans = sequence[order - 1 :] - sequence[: 1 - order]
    # A spline on coinciding knots is zero everywhere; its share of the derivative is zero too.
    scaled = np.divide((order - 1) * lower, spans, out=np.zeros_like(lower), where=spans > 0)
    return scaled[:, :-1] - scaled[:, 1:]
