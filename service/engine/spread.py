"""What eliminating the first factor adds to the elements of what remains, M' N M, and the way back, M H M'.

The products of the few columns that a group meets can be found once, as a sparse matrix that takes N to the elements
and whose transpose takes H back. Where groups meet so many columns that these products would fill the memory, they are
formed anew each time, a group at a time.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array, get_index_dtype

from service.arrays import Codes, Matrices, Matrix, Vector
from service.engine.dense_rest import symmetric
from service.engine.remainder import Rest
from service.engine.sparsity import pairs_in_lots

MOST_PAIRS = 20_000_000
"""Pairs of elements that are kept; each takes some 12 bytes, and twice that while they are found."""


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


def pair_spread(group: Codes, column: Codes, M: Matrix, rest: Rest, shape: tuple[int, int]) -> PairSpread:
    """The products of all pairs of these entries, each at its place in the rest; `shape` is (columns, groups).

    A group's pairs come together: so the transpose is made first, row by row as it stands.
    """
    q, (n_columns, groups) = len(M), shape
    sizes = np.bincount(group, minlength=groups)
    stops = np.cumsum(sizes * (sizes + 1) // 2)
    products = np.empty((q, q, stops[-1]))
    index = get_index_dtype(maxval=max(rest.size, products.size))
    places = np.empty(stops[-1], dtype=index)
    for entries, pairs, coupling in pairs_in_lots(group, column):
        own = M[:, entries]
        places[pairs] = rest.places(coupling.keys(n_columns))
        np.multiply(own[:, None, coupling.left], own[:, coupling.right], out=products[:, :, pairs])
    every = np.broadcast_to(places, (q * q, places.size)).reshape(-1)
    bounds = np.append(0, np.arange(q * q)[:, None] * stops[-1] + stops).astype(index)
    transpose = csr_array((products.reshape(-1), every, bounds), (q * q * groups, rest.size))
    return PairSpread(csr_array(transpose.T), rest.places(np.arange(n_columns) * (n_columns + 1)), q)


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
