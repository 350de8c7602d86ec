"""What the parameters in which V is linear do to it, and to X'V^-1 X: what Kenward & Roger's adjustment is made of.

With V = sigma^2 (W^-1 + sum_f Z_f Psi_f Z_f') the slopes V_i are Z_f E_i Z_f' for each element of each term's Psi, and
W^-1 for sigma^2. What follows is the same for any parameters whose slopes span the same, so V itself stands in place of
W^-1. Then, in units of sigma and of coefficients whose covariance is the identity, with N = Z'V^-1 Z and
Y = Z'V^-1 X A_XX^-1/2,

    X'V^-1 V_i V^-1 X = Y'E_i Y,   X'V^-1 V_i V^-1 V_j V^-1 X = Y'E_i N E_j Y,   tr V^-1 V_i V^-1 V_j = tr E_i N E_j N,

and for V itself I, Y'E_i Y and tr E_i N; with itself I and n. Not a row is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.criterion import Criterion, Evaluation
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


@dataclass(frozen=True, slots=True)
class Turned:
    """What N makes of the slopes: for each of k parameters `columns`, N E_i Y (q, p, J) of every factor.

    They may be made one after the other, to be used once. `traces` (k, k) are tr E_i N E_j N.
    """

    columns: Iterable[Sequence[Matrices]]
    traces: Matrix


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


def whitened(at: Evaluation, half: Matrix) -> list[Matrices]:
    """Y = Z'V^-1 X times `half` (p, p), (q, p, J) of every factor."""
    return [np.einsum("amj,mi->aij", solved.U[:, :-1], half) for solved in at.factors]


def covariance_slopes(criterion: Criterion, at: Evaluation, turned: Turned) -> CovarianceSlopes:
    """The slopes at an evaluation of a criterion, by the elements of every Psi and by V's scale."""
    changes, Y = changes_of(criterion.parameters), whitened(at, at.half)
    first = [_between(E, own, own) for E, own in zip(changes, Y, strict=True)]
    second = [
        np.concatenate([_between(E, own, other) for E, own, other in zip(changes, Y, N_E_Y, strict=True)])
        for N_E_Y in turned.columns
    ]
    return with_scale(
        np.concatenate(first),
        np.stack(second, axis=1),
        turned.traces,
        np.concatenate(totals(changes, at)),
        sigma=float(np.sqrt(at.rho / criterion.nu)),
        half=at.half,
        n=criterion.products.n,
    )


def totals(changes: Sequence[Matrix], at: Evaluation) -> list[Vector]:
    """Tr E_i N, (k,) for every factor."""
    return [(E * solved.N.sum(axis=2)).sum(axis=(1, 2)) for E, solved in zip(changes, at.factors, strict=True)]


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
