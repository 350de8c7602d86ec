"""What eliminating the first factor adds to the elements of what remains, M' N M, and the way back, M H M'.

The products of the few columns that a group meets can be found once, as a sparse matrix that takes N to the elements
and whose transpose takes H back. Where groups meet so many columns that these products would fill the memory, they are
formed anew each time, a group at a time.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import coo_array, csr_array

from service.arrays import Codes, Matrices, Matrix, Vector
from service.engine.dense_rest import symmetric
from service.engine.sparsity import Coupling

MOST_PAIRS = 20_000_000
"""Pairs of elements that are kept; each takes some 12 bytes, and several times that while they are found."""


class Spread(Protocol):
    """The products of the first factor's groups, q coefficients each."""

    def forward(self, N: Matrices) -> Vector:
        """M' N M at the elements of the rest, for N (q, q, J)."""
        ...

    def back(self, H: Vector) -> Matrices:
        """M_j H M_j' of every group (q, q, J), for H at the elements of the rest, which may be changed."""
        ...


@dataclass(frozen=True, slots=True)
class PairSpread:
    """The products found once: `matrix` (elements, q q J), and the places of the `diagonal` elements."""

    matrix: csr_array
    diagonal: Codes
    q: int

    def forward(self, N: Matrices) -> Vector:
        """M' N M at the elements of the rest."""
        elements: Vector = self.matrix @ N.reshape(-1)
        return elements

    def back(self, H: Vector) -> Matrices:
        """M_j H M_j' of every group, from the upper triangle and the lower."""
        H[self.diagonal] *= 0.5
        half: Matrices = (self.matrix.T @ H).reshape(self.q, self.q, -1)
        return half + half.transpose(1, 0, 2)


def pair_spread(coupling: Coupling, M: Matrix, places: Codes, diagonal: Codes, shape: tuple[int, int]) -> PairSpread:
    """The products of all pairs of entries, each at its place; `shape` is (elements, groups)."""
    q, (size, groups) = len(M), shape
    left, right, group = coupling.left, coupling.right, coupling.group[coupling.left]
    parts = [
        coo_array((M[a, left] * M[c, right], (places, (a * q + c) * groups + group)), (size, q * q * groups)).tocsr()
        for a in range(q)
        for c in range(q)
    ]
    return PairSpread(sum(parts[1:], start=parts[0]), diagonal, q)


@dataclass(frozen=True, slots=True)
class GroupSpread:
    """The products formed anew, into a dense matrix of `n_columns`: of group j those of entries `bounds[j]` on.

    `column` (E,) and `M` (q, E) are the entries' columns and values.
    """

    n_columns: int
    bounds: Codes
    column: Codes
    M: Matrix

    def forward(self, N: Matrices) -> Vector:
        """M' N M at the elements of the rest."""
        total = np.zeros((self.n_columns, self.n_columns))
        for j, (start, stop) in enumerate(zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True)):
            own, m = self.column[start:stop], self.M[:, start:stop]
            total[own[:, None], own] += m.T @ N[:, :, j] @ m
        return total.ravel()

    def back(self, H: Vector) -> Matrices:
        """M_j H M_j' of every group."""
        whole = symmetric(H.reshape(self.n_columns, self.n_columns))
        around = np.empty((len(self.M), len(self.M), self.bounds.size - 1))
        for j, (start, stop) in enumerate(zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True)):
            own, m = self.column[start:stop], self.M[:, start:stop]
            around[:, :, j] = m @ whole[own[:, None], own] @ m.T
        return around
