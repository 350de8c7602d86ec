"""The fronts of a sparse matrix: which columns are eliminated together, and what they reach.

A column's structure is what it and the columns eliminated before it, its children, reach below it; columns of one
structure form a front, a small dense matrix (Duff & Reid 1983, ACM Trans. Math. Softw. 9; Liu 1992, SIAM Review 34).
The order of elimination is a minimum degree order, which keeps the structures small.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import spilu

from service.arrays import Codes

FULL = 0.3
"""Share of all elements from which a dense matrix is no more work than a sparse one."""

NEARLY_ALL = 0.8
"""Share of the later columns from which a column is taken to reach all of them."""

SMALL = 24
"""Columns up to which two fronts become one though they do not have the same structure: fewer calls, some zeros."""


@dataclass(frozen=True, slots=True)
class Front:
    """Columns `start` to `stop` in the order of elimination, and the later ones `reach` (r,) that they reach.

    Local indices count the own columns first. The elements of the matrix at `source` (e,) go to the local `row` and
    `column` (e,), row >= column. `parent` is the front that the update goes to, at its local indices `place` (r,).
    """

    start: int
    stop: int
    reach: Codes
    source: Codes
    row: Codes
    column: Codes
    parent: int
    place: Codes

    @property
    def width(self) -> int:
        """The number of own columns."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Fronts:
    """The fronts in the order of elimination; `order` (n,) lists the columns in that order."""

    order: Codes
    fronts: tuple[Front, ...]


def fronts_of(n_columns: int, rows: Codes, columns: Codes) -> Fronts | None:
    """The fronts of a symmetric matrix with elements at `rows` <= `columns`; None if elimination would fill it."""
    position = _minimum_degree(n_columns, rows, columns)
    structures = _structures(n_columns, position[rows], position[columns])
    if structures is None:
        return None
    later = _postorder(structures)
    position = later[position]
    low = np.minimum(position[rows], position[columns])
    high = np.maximum(position[rows], position[columns])
    bounds, reaches = _merged(np.sort(later[structures[j]]) for j in np.argsort(later).tolist())
    of_column = np.repeat(np.arange(len(reaches)), np.diff(bounds))
    by_column = np.argsort(low, kind="stable")
    ends = np.searchsorted(low[by_column], bounds)
    fronts = []
    for f, reach in enumerate(reaches):
        start, stop = bounds[f], bounds[f + 1]
        source = by_column[ends[f] : ends[f + 1]]
        parent = int(of_column[reach[0]]) if reach.size else -1
        place = _local(reach, bounds[parent], bounds[parent + 1], reaches[parent]) if reach.size else reach
        row = _local(high[source], start, stop, reach)
        fronts.append(Front(start, stop, reach, source, row, low[source] - start, parent, place))
    return Fronts(np.argsort(position), tuple(fronts))


def _minimum_degree(n_columns: int, rows: Codes, columns: Codes) -> Codes:
    """The place of each column in a minimum degree order of A + A'."""
    off = rows != columns
    ones = np.ones(int(off.sum()))
    upper = coo_array((ones, (rows[off], columns[off])), (n_columns, n_columns))
    degree = np.bincount(rows[off], minlength=n_columns) + np.bincount(columns[off], minlength=n_columns)
    diagonal = coo_array((degree + 1.0, (np.arange(n_columns), np.arange(n_columns))))
    matrix = csc_array(upper + upper.T + diagonal)
    # Only the order is wanted: nothing is kept of the factors.
    factors = spilu(matrix, drop_tol=1.0, fill_factor=1.0, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return factors.perm_c.astype(np.intp)


def _structures(n_columns: int, rows: Codes, columns: Codes) -> list[Codes] | None:
    """The structure of every column; None once they hold more than a share FULL of all elements."""
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    apart = low != high
    below = csc_array(coo_array((np.ones(int(apart.sum())), (high[apart], low[apart])), (n_columns, n_columns)))
    below.sort_indices()
    children: list[list[int]] = [[] for _ in range(n_columns)]
    structures: list[Codes] = []
    total, most = 0, FULL * n_columns * n_columns / 2
    for j in range(n_columns):
        own = below.indices[below.indptr[j] : below.indptr[j + 1]]
        inherited = [structures[child][1:] for child in children[j]]
        structure = np.unique(np.concatenate([own, *inherited])) if inherited else own.astype(np.intp)
        if structure.size > NEARLY_ALL * (n_columns - j - 1):
            # From here on nearly every column reaches all later ones: they are one full front.
            every = np.arange(n_columns)
            structures += [every[k + 1 :] for k in range(j, n_columns)]
            return structures if total + (n_columns - j) ** 2 / 2 <= most else None
        structures.append(structure)
        total += structure.size
        if total > most:
            return None
        if structure.size:
            children[structure[0]].append(j)
    return structures


def _postorder(structures: Sequence[Codes]) -> Codes:
    """The place of each column in the same elimination with every column right after its children."""
    n = len(structures)
    children: list[list[int]] = [[] for _ in range(n + 1)]
    for j, structure in enumerate(structures):
        children[int(structure[0]) if structure.size else n].append(j)
    # From the last column back to the first a parent comes before its children.
    backwards: list[int] = []
    waiting = children[n]
    while waiting:
        backwards.append(j := waiting.pop())
        waiting.extend(children[j])
    place = np.empty(n, dtype=np.intp)
    place[backwards] = np.arange(n)[::-1]
    return place


def _merged(structures: Iterable[Codes]) -> tuple[list[int], list[Codes]]:
    """The bounds of the fronts, and what each reaches: neighbours of one structure, and small ones, are merged."""
    bounds: list[int] = []
    reaches: list[Codes] = []
    n_columns = 0
    for j, own in enumerate(structures):
        n_columns += 1
        last = reaches[-1] if reaches else own
        leads_on = bool(reaches) and last.size > 0 and last[0] == j
        if leads_on and (last.size == own.size + 1 or j - bounds[-1] + own.size < SMALL):
            reaches[-1] = own
        else:
            bounds.append(j)
            reaches.append(own)
    return [*bounds, n_columns], reaches


def _local(indices: Codes, start: int, stop: int, reach: Codes) -> Codes:
    """The places of these columns in a front."""
    own = indices < stop
    return np.where(own, indices - start, stop - start + np.searchsorted(reach, indices))
