"""Orthogonal polynomials on the values of a variable: from numbers to the recurrence and back to columns.

The monic polynomials p_0 = 1, p_1, ... that are orthogonal over the observed values obey
p_k+1(x) = (x - alpha_k) p_k(x) - norm2_k / norm2_k-1 p_k-1(x) (Forsythe 1957, J. SIAM 5:74-88; R keeps the same
constants in the `coefs` of `poly`). So the constants of a fit give the same columns for new values.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The constants of the recurrence: `alpha` (degree,); `norm2` (degree + 1,), squared norms from p_0 on."""

    alpha: tuple[float, ...]
    norm2: tuple[float, ...]


def orthogonal_recurrence(x: Vector, degree: int) -> Recurrence:
    """The constants that make polynomials up to `degree` orthogonal over `x`; needs more distinct values than that."""
    alpha: list[float] = []
    norm2 = [float(len(x))]
    before, current = np.zeros_like(x), np.ones_like(x)
    ratio = 0.0
    for _ in range(degree):
        # Squares that vanish leave nan, which is refused as not finite.
        alpha.append(float(np.divide((current * current) @ x, current @ current)))
        before, current = current, (x - alpha[-1]) * current - ratio * before
        norm2.append(float(current @ current))
        ratio = norm2[-1] / norm2[-2]
    return Recurrence(tuple(alpha), tuple(norm2))


def orthogonal_polynomials(x: Vector, recurrence: Recurrence) -> Matrix:
    """The polynomials of degree 1 and up at `x`, scaled to norm one over the values they were made for, (n, degree)."""
    columns = np.empty((len(x), len(recurrence.alpha)), order="F")
    before, current = np.zeros_like(x), np.ones_like(x)
    ratio = 0.0
    for degree, alpha in enumerate(recurrence.alpha):
        before, current = current, (x - alpha) * current - ratio * before
        ratio = recurrence.norm2[degree + 1] / recurrence.norm2[degree]
        columns[:, degree] = current / np.sqrt(recurrence.norm2[degree + 1])
    return columns


def raw_polynomials(x: Vector, degree: int) -> Matrix:
    """The powers x, x^2, ..., (n, degree)."""
    columns = np.empty((len(x), degree), order="F")
    for power in range(degree):
        columns[:, power] = x ** (power + 1)
    return columns
