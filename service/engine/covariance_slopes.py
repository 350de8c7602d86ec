"""What the parameters in which V is linear do to it, and to X'V^-1 X: what Kenward & Roger's adjustment is made of.

With V = sigma^2 (W^-1 + sum_f Z_f Psi_f Z_f') the slopes V_i are Z_f E_i Z_f' for each element of each term's Psi, and
W^-1 for sigma^2. What follows is the same for any parameters whose slopes span the same, so V itself stands in place of
W^-1. Then, in units of sigma and of coefficients whose covariance is the identity, with N = Z'V^-1 Z and
Y = Z'V^-1 X A_XX^-1/2,

    X'V^-1 V_i V^-1 X = Y'E_i Y,   X'V^-1 V_i V^-1 V_j V^-1 X = Y'E_i N E_j Y,   tr V^-1 V_i V^-1 V_j = tr E_i N E_j N,

and for V itself I, Y'E_i Y and tr E_i N; with itself I and n. Not a row is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.random_factors import Parameters


@dataclass(frozen=True, slots=True)
class CovarianceSlopes:
    """What k + 1 parameters do to the covariance of y at the estimates by REML, the last of them V's scale.

    `half` (p, p), times its transpose and the square of `sigma`, is the covariance of the coefficients; both are in
    units of the basis. In units in which that is the identity, `first` (k + 1, p, p) are X'V^-1 V_i V^-1 X, `second`
    (k + 1, k + 1, p, p) X'V^-1 V_i V^-1 V_j V^-1 X and `traces` (k + 1, k + 1) tr V^-1 V_i V^-1 V_j.
    """

    sigma: float
    half: Matrix
    first: Matrix
    second: Matrix
    traces: Matrix


class Precision(Protocol):
    """N = Z'V^-1 Z of all random factors, between any two groups; of each factor the groups come last."""

    def times(self, f: int, columns: Matrices) -> list[Matrices]:
        """The rows (q, s, J) of every factor of N times these columns (q, s, J) of factor f."""
        ...

    def traces(self, changes: Sequence[Matrix]) -> Matrix:
        """Tr E_i N E_j N, (k, k), for the E (k, q, q) of the parameters of every factor."""
        ...


def changes_of(parameters: Parameters) -> list[Matrix]:
    """The change (k, q, q) of every factor's Psi by each of its elements, both triangles together."""
    found = []
    for f, q in enumerate(parameters.sizes):
        own = np.flatnonzero(parameters.factor == f)
        changes, each = np.zeros((own.size, q, q)), np.arange(own.size)
        row, column = parameters.row[own], parameters.column[own]
        changes[each, row, column] = changes[each, column, row] = 1.0
        found.append(changes)
    return found


def covariance_slopes(
    precision: Precision,
    factors: Sequence[tuple[Matrices, Matrices]],
    parameters: Parameters,
    *,
    sigma: float,
    half: Matrix,
    n: int,
) -> CovarianceSlopes:
    """The slopes by the elements of every Psi, and by V's scale.

    `factors` are the groups' own N (q, q, J) and U = Z'V^-1 X (q, p, J) of every factor.
    """
    changes = changes_of(parameters)
    Y = [np.einsum("amj,mi->aij", U, half) for _, U in factors]
    first = np.concatenate([_between(E, own, own) for E, own in zip(changes, Y, strict=True)])
    second = np.stack(
        [
            np.concatenate([_between(E, own, turned) for E, own, turned in zip(changes, Y, N_E_Y, strict=True)])
            for f, each in enumerate(changes)
            for N_E_Y in (precision.times(f, np.einsum("ab,bpj->apj", one, Y[f])) for one in each)
        ],
        axis=1,
    )
    totals = [(E * N.sum(axis=2)).sum(axis=(1, 2)) for E, (N, _) in zip(changes, factors, strict=True)]
    return with_scale(first, second, precision.traces(changes), np.concatenate(totals), sigma=sigma, half=half, n=n)


def with_scale(
    first: Matrix, second: Matrix, traces: Matrix, totals: Vector, *, sigma: float, half: Matrix, n: int
) -> CovarianceSlopes:
    """The slopes by k parameters and V's scale, of which the former and `totals` (k,) tr V^-1 V_i are known."""
    k, p = len(first), len(half)
    every, sums = np.concatenate([first, np.eye(p)[None]]), np.append(totals, n)
    both, squares = np.empty((k + 1, k + 1, p, p)), np.empty((k + 1, k + 1))
    both[:k, :k], both[k], both[:, k] = second, every, every
    squares[:k, :k], squares[k], squares[:, k] = traces, sums, sums
    return CovarianceSlopes(sigma, half, every, both, squares)


def _between(changes: Matrix, A: Matrices, B: Matrices) -> Matrix:
    """The sums over groups of A' E B, (k, p, s), for A (q, p, J), B (q, s, J) and every E (k, q, q)."""
    products = np.tensordot(A, B, axes=(2, 2))
    summed: Matrix = np.einsum("kab,apbs->kps", changes, products)
    return summed
