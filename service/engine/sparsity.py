"""The pattern of a block elimination: which products of a factor's groups meet in which element of what remains.

Columns are those of the factors that are not yet eliminated, one for each group and coefficient, a group's side by
side. Eliminating a factor whose groups do not touch each other adds M_j' N_j M_j to the remaining columns, for each
group j a dense product of the few columns it meets (Bates et al. 2015, J. Stat. Softw. 67(1), section 3; Duff, Erisman
& Reid 2017, Direct Methods for Sparse Matrices, section 11). The pattern is fixed, so its places are found once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_array, csr_array

from service.arrays import Codes, Flags, Matrices, Matrix, Vector

AT_ONCE = 500_000
"""Pairs of entries that are found together where all of them are not needed at once."""


@dataclass(frozen=True, slots=True)
class Coupling:
    """Which columns the groups of a factor meet: entry e joins `group` (E,) and `column` (E,), by group, then column.

    `left`, `right` (T,) are all pairs of entries of one group, left <= right.
    """

    group: Codes
    column: Codes
    left: Codes
    right: Codes

    def keys(self, n_columns: int) -> Codes:
        """The element of the remaining matrix, row * n_columns + column, that each pair meets in, (T,)."""
        keys: Codes = self.column[self.left] * n_columns + self.column[self.right]
        return keys


def entries_of(block: csr_array, q: int) -> tuple[Codes, Codes, Matrix]:
    """Group (E,), column (E,) and values (q, E) of the entries of a block (J q, columns) of cross-products."""
    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    keys = (rows // q) * block.shape[1] + block.indices
    if q == 1 and block.has_sorted_indices:
        entries, values = keys, block.data[None, :]
    else:
        entries, places = np.unique(keys, return_inverse=True)
        values = np.zeros((q, entries.size))
        values[rows % q, places] = block.data
    return entries // block.shape[1], entries % block.shape[1], values


def count_pairs(group: Codes) -> int:
    """How many pairs `pair_up` would make of entries of these groups."""
    sizes = np.bincount(group)
    return int((sizes * (sizes + 1) // 2).sum())


def pair_up(group: Codes, column: Codes) -> Coupling:
    """The coupling with these entries, in order."""
    size = group.size
    ends = np.searchsorted(group, group, side="right")
    partners = ends - np.arange(size)
    left = np.repeat(np.arange(size), partners)
    starts = np.cumsum(partners) - partners
    right = left + np.arange(left.size) - np.repeat(starts, partners)
    return Coupling(group, column, left, right)


def lots(group: Codes, most: int) -> Iterator[slice]:
    """Entries of whole groups, in order, as many as have `most` pairs, or one group."""
    sizes = np.bincount(group)
    pairs = np.cumsum(sizes * (sizes + 1) // 2)
    stops = np.cumsum(sizes)
    start = done = 0
    while start < group.size:
        last = max(int(np.searchsorted(pairs, done + most, side="right")) - 1, int(group[start]))
        yield slice(start, int(stops[last]))
        start, done = int(stops[last]), int(pairs[last])


def pairs_in_lots(group: Codes, column: Codes) -> Iterator[tuple[slice, slice, Coupling]]:
    """The coupling with these entries, in order, lot by lot: of which entries it is, and of which of all pairs."""
    start = 0
    for entries in lots(group, AT_ONCE):
        coupling = pair_up(group[entries], column[entries])
        stop = start + coupling.left.size
        yield entries, slice(start, stop), coupling
        start = stop


def meets_one_group(group: Codes, column: Codes, q: int, columns: slice) -> bool:
    """Whether no group of these entries meets two of the groups that these columns, q to a group, stand for."""
    inside = (column >= columns.start) & (column < columns.stop)
    group, outer = group[inside], (column[inside] - columns.start) // q
    return not bool(np.any((group[1:] == group[:-1]) & (outer[1:] != outer[:-1])))


@dataclass(frozen=True, slots=True)
class Remainder:
    """The elements, rows <= columns, that may differ from zero: `keys` row * n_columns + column, rising."""

    n_columns: int
    keys: Codes

    def find(self, keys: Codes) -> Codes:
        """Where these keys are, and len(self.keys) where they are not."""
        places = np.searchsorted(self.keys, keys)
        known = self.keys[np.minimum(places, self.keys.size - 1)] == keys
        return np.where(known, places, self.keys.size)

    def beside(self, columns: Flags) -> Codes:
        """Where the elements are whose row or column is one of these columns, a mask."""
        return np.flatnonzero(columns[self.keys // self.n_columns] | columns[self.keys % self.n_columns])

    def matrix(self, values: Vector) -> csr_array:
        """The symmetric matrix with these elements."""
        rows, columns = self.keys // self.n_columns, self.keys % self.n_columns
        apart = rows != columns
        both = np.concatenate([rows, columns[apart]]), np.concatenate([columns, rows[apart]])
        return csr_array((np.concatenate([values, values[apart]]), both), (self.n_columns, self.n_columns))


@dataclass(frozen=True, slots=True)
class Patterned:
    """Remaining factors whose elements are those of a `pattern`."""

    pattern: Remainder

    @property
    def size(self) -> int:
        """How many elements there are."""
        return self.pattern.keys.size

    @property
    def keys(self) -> Codes:
        """Which element is at each place."""
        return self.pattern.keys

    def places(self, keys: Codes) -> Codes:
        """Where these elements are."""
        return self.pattern.find(keys)

    def beside(self, columns: Flags) -> Codes:
        """Where the elements are whose row or column is one of these columns."""
        return self.pattern.beside(columns)

    def matrix(self, values: Vector) -> csr_array:
        """The symmetric matrix with these elements."""
        return self.pattern.matrix(values)


def block_diagonal(matrices: Matrices) -> csr_array:
    """The block-diagonal matrix of these (q, r, J)."""
    groups = np.arange(matrices.shape[2] + 1)
    blocks = np.ascontiguousarray(matrices.transpose(2, 0, 1))
    shape = (matrices.shape[0] * (groups.size - 1), matrices.shape[1] * (groups.size - 1))
    return csr_array(bsr_array((blocks, groups[:-1], groups), shape))
