"""N = Z'V^-1 Z of all random factors, also between different groups: dense only where groups are crossed.

Of one factor N has a block for each group. Of several, with N_1 = Z_1'V_1^-1 Z_1 that of the first alone, M its
regressions of the remaining columns, A = Z_r'V_1^-1 Z_r and K = (I + Psi A)^-1,

    N_11 = N_1 - N_1 M H M'N_1,   N_1r = N_1 M K,   N_rr = A K,   H = K Psi.

With B_i = M'N_1 E_i N_1 M, what a parameter of the first factor takes from A, and E_i always of its own factor,

    tr E_i N_11 E_j N_11 = tr E_i N_1 E_j N_1 - 2 tr E_i N_1 E_j (N_1 - N_11) + tr B_i H B_j H,
    tr E_i N_1r E_j N_r1 = tr E_j K'B_i K,   tr E_i N_rr E_j N_rr,

where the first two terms need the groups' own blocks alone. So the largest matrices are those of the remaining columns,
and these fall into the blocks that no row joins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.arrangement import Arrangement
from service.engine.covariance_slopes import Turned, changes_of, whitened
from service.engine.criterion import Criterion, Evaluation
from service.engine.elimination import columns_of, groups_of
from service.engine.remaining_blocks import RemainingBlocks, blocks_of


class Precision(Protocol):
    """N = Z'V^-1 Z of all random factors, between any two groups; of each factor the groups come last."""

    def times(self, f: int, columns: Matrices) -> list[Matrices]:
        """The rows (q, s, J) of every factor of N times these columns (q, s, J) of factor f."""
        ...

    def traces(self, changes: Sequence[Matrix]) -> Matrix:
        """Tr E_i N E_j N, (k, k), for the E (k, q, q) of the parameters of every factor."""
        ...


@dataclass(frozen=True, slots=True)
class SeparatePrecision:
    """N of one factor: its groups' blocks (q, q, J)."""

    N: Matrices

    def times(self, f: int, columns: Matrices) -> list[Matrices]:
        """N times these columns of the one factor, number 0."""
        return [groupwise.product(self.N, columns)]

    def traces(self, changes: Sequence[Matrix]) -> Matrix:
        """Tr E_i N E_j N."""
        return _paired(changes[0], self.N, changes[0], self.N)


@dataclass(frozen=True, slots=True)
class JointPrecision:
    """N of several factors.

    `alone` (q, q, J) are the blocks of N_1, `taken` (q, q, J) those of N_1 - N_11; `plan` says how the first factor
    meets the remaining columns, which are in `remaining`, those of each factor from one of `bounds` to the next.
    """

    alone: Matrices
    taken: Matrices
    plan: Arrangement
    bounds: tuple[int, ...]
    remaining: tuple["Remaining", ...]

    def times(self, f: int, columns: Matrices) -> list[Matrices]:
        """N times these columns of factor f."""
        M, q = self.plan.solution, len(self.alone)
        if f == 0:
            pulled = M.T @ columns_of(groupwise.product(self.alone, columns))
            below, lean = self._each(Remaining.turned, pulled), self._each(Remaining.shrunken, pulled)
            left = columns - groups_of(M @ lean, q)
        else:
            lean = np.zeros((self.bounds[-1], columns.shape[1]))
            lean[self.bounds[f - 1] : self.bounds[f]] = columns_of(columns)
            lean = self._each(Remaining.eased, lean)
            below, left = self._each(Remaining.products, lean), groups_of(M @ lean, q)
        apart = [below[start:stop] for start, stop in pairwise(self.bounds)]
        sizes = [len(psi) for psi in self.remaining[0].psis]
        own = [groups_of(rows, q) for rows, q in zip(apart, sizes, strict=True)]
        return [groupwise.product(self.alone, left), *own]

    def _each(self, step: Callable[["Remaining", Matrix], Matrix], rows: Matrix) -> Matrix:
        """What a step makes of the rows (columns, s) of all blocks."""
        made = np.empty_like(rows)
        for own in self.remaining:
            made[own.blocks.columns] = step(own, rows[own.blocks.columns])
        return made

    def traces(self, changes: Sequence[Matrix]) -> Matrix:
        """Tr E_i N E_j N."""
        E, *others = changes
        moves = [groupwise.product(self.alone, groupwise.times(each, self.alone)) for each in E]
        taken = [np.append(self.plan.spread.forward(move), 0.0) for move in moves]
        traces: Matrix = np.sum([own.traces(taken, others) for own in self.remaining], axis=0)
        both = _paired(E, self.alone, E, self.taken)
        traces[: len(E), : len(E)] += _paired(E, self.alone, E, self.alone) - both - both.T
        return traces


@dataclass(frozen=True, slots=True)
class Remaining:
    """Blocks of the remaining columns that have one shape, their A and K (B, m, m), and the Psi of every factor."""

    blocks: RemainingBlocks
    psis: tuple[Matrix, ...]
    A: Matrix
    K: Matrix

    def products(self, rows: Matrix) -> Matrix:
        """A times the rows (B, m, s)."""
        return self.A @ rows

    def eased(self, rows: Matrix) -> Matrix:
        """K times the rows."""
        return self.K @ rows

    def turned(self, rows: Matrix) -> Matrix:
        """K' times the rows."""
        return self.K.transpose(0, 2, 1) @ rows

    def shrunken(self, rows: Matrix) -> Matrix:
        """H times the rows."""
        return self.K @ self.blocks.spread(self.psis, rows)

    def traces(self, taken: Sequence[Vector], changes: Sequence[Matrix]) -> Matrix:
        """Tr E_i N E_j N as far as these blocks add to it.

        `taken` are the elements of what remains that each parameter of the first factor takes from A, `changes` the E
        (k, q, q) of the other factors' parameters.
        """
        bounds = np.cumsum([0, len(taken), *map(len, changes)]).tolist()
        first, *own = (slice(start, stop) for start, stop in pairwise(bounds))
        traces = np.zeros((bounds[-1], bounds[-1]))
        N, pull = self.A @ self.K, []
        for f, E in enumerate(changes):
            for h, F in enumerate(changes):
                elements = self.blocks.between(N, f, h)
                traces[own[f], own[h]] = _paired(E, elements, F, elements)
        for i, each in enumerate(taken):
            eased = each[self.blocks.places] @ self.K
            for f, E in enumerate(changes):
                across = self.blocks.within(self.K, eased, f)
                traces[own[f], i] = traces[i, own[f]] = (E * across).sum(axis=(1, 2))
            pull.append(self.blocks.spread(self.psis, eased.transpose(0, 2, 1)))
        traces[first, first] = [[float((a * b.transpose(0, 2, 1)).sum()) for b in pull] for a in pull]
        return traces


def turned_exactly(criterion: Criterion, at: Evaluation) -> Turned:
    """What N makes of the slopes at an evaluation of a criterion."""
    precision, changes = precision_of(criterion, at), changes_of(criterion.parameters)
    columns = (
        precision.times(f, np.einsum("ab,bpj->apj", one, own))
        for f, (E, own) in enumerate(zip(changes, whitened(at, at.half), strict=True))
        for one in E
    )
    return Turned(columns, precision.traces(changes))


def precision_of(criterion: Criterion, at: Evaluation) -> Precision:
    """N at an evaluation of a criterion."""
    plan, within = criterion.arrangement, at.factors[0].N
    if plan is None:
        return SeparatePrecision(within)
    first, *others = criterion.parameters.roots(at.theta)
    alone, psis = criterion.pooled(first).N, tuple(root @ root.T for root in others)
    values = np.append(plan.values + plan.spread.forward(alone), 0.0)
    remaining = []
    for blocks in blocks_of(criterion.products, plan.rest):
        A = values[blocks.places]
        eased = blocks.spread(psis, A)
        eased[:, np.arange(A.shape[1]), np.arange(A.shape[1])] += 1.0
        remaining.append(Remaining(blocks, psis, A, np.asarray(np.linalg.inv(eased), dtype=np.float64)))
    sizes = [factor.gram.shape[2] * len(factor.gram) for factor in criterion.products.factors[1:]]
    bounds = tuple(np.cumsum([0, *sizes]).tolist())
    return JointPrecision(alone, alone - within, plan, bounds, tuple(remaining))


def _paired(E: Matrix, A: Matrices, F: Matrix, B: Matrices) -> Matrix:
    """The sums of tr E_i A F_j B' over the pairs of groups, for A and B (q, r, pairs), E (k, q, q) and F (l, r, r)."""
    q, r, _ = A.shape
    sums = (A.reshape(q * r, -1) @ B.reshape(q * r, -1).T).reshape(q, r, q, r)
    traces: Matrix = np.einsum("iab,jcd,bcad->ij", E, F, sums, optimize=True)
    return traces
