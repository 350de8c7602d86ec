"""The columns that remain after the first factor, in the blocks that no row joins.

Where factors are nested each outermost group is a block of its own; where they are crossed throughout, all columns are
one. Blocks with as many groups of each factor lie together, (B, m, m), so that few operations do for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from service.arrays import Codes, Matrix
from service.engine.crossproducts import CrossProducts
from service.engine.remainder import Rest


@dataclass(frozen=True, slots=True)
class RemainingBlocks:
    """B blocks of m of the remaining columns each, all with `groups` of every remaining factor, `sizes` q to a group.

    `columns` (B, m) says which; a block's lie factor by factor, a group's side by side. `places` (B, m, m) says where
    their products are among the elements of what remains; what is nowhere is the last.
    """

    groups: tuple[int, ...]
    sizes: tuple[int, ...]
    columns: Codes
    places: Codes

    def factors(self) -> list[slice]:
        """Where each factor's columns are in a block."""
        stops = np.cumsum(np.multiply(self.groups, self.sizes)).tolist()
        return [slice(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]

    def spread(self, psis: Sequence[Matrix], rows: Matrix) -> Matrix:
        """Psi times the rows (B, m, s) of every block, each factor's times its own."""
        spread = np.empty_like(rows)
        for psi, groups, own in zip(psis, self.groups, self.factors(), strict=True):
            apart = rows[:, own].reshape(len(rows), groups, len(psi), rows.shape[2])
            spread[:, own] = np.einsum("ab,jgbs->jgas", psi, apart).reshape(spread[:, own].shape)
        return spread

    def between(self, A: Matrix, f: int, h: int) -> Matrix:
        """The elements of A (B, m, m) between the groups of two factors, (q, r, pairs of groups)."""
        own, other = self.factors()[f], self.factors()[h]
        apart = A[:, own, other].reshape(len(A), self.groups[f], self.sizes[f], self.groups[h], self.sizes[h])
        return apart.transpose(2, 4, 0, 1, 3).reshape(self.sizes[f], self.sizes[h], -1)

    def within(self, A: Matrix, B: Matrix, f: int) -> Matrix:
        """The sum over the groups of a factor of its block of A'B, (q, q)."""
        own, q = self.factors()[f], self.sizes[f]
        summed: Matrix = A[:, :, own].reshape(-1, q).T @ B[:, :, own].reshape(-1, q)
        return summed


def blocks_of(products: CrossProducts, rest: Rest) -> list[RemainingBlocks]:
    """The blocks of the columns of the factors after the first, by the groups they have of each."""
    factor, block, sizes = _groups_of(products)
    counts = np.zeros((block.max() + 1, sizes.size), dtype=np.intp)
    np.add.at(counts, (block, factor), 1)
    shapes, shape = np.unique(counts, axis=0, return_inverse=True)
    block_of_column = np.repeat(block, sizes[factor])
    # A block's columns come together, in the order in which they are.
    order = np.argsort(block_of_column, kind="stable")
    shape_of_column, found = shape[block_of_column[order]], []
    for s, groups in enumerate(shapes):
        columns = order[shape_of_column == s].reshape(-1, int(groups @ sizes))
        keys = np.minimum(columns[:, :, None], columns[:, None])
        keys *= order.size
        keys += np.maximum(columns[:, :, None], columns[:, None])
        places = rest.places(keys.ravel()).reshape(keys.shape)
        found.append(RemainingBlocks(tuple(groups.tolist()), tuple(sizes.tolist()), columns, places))
    return found


def count_elements(products: CrossProducts) -> int:
    """How many elements all blocks together have; none where there is one factor."""
    if len(products.factors) == 1:
        return 0
    factor, block, sizes = _groups_of(products)
    widths = np.bincount(block, sizes[factor])
    return int(widths @ widths)


def _groups_of(products: CrossProducts) -> tuple[Codes, Codes, Codes]:
    """Factor and block of each group of the factors after the first, from 0 on, and the factors' q.

    Groups that share a row are of one block.
    """
    counts = [factor.gram.shape[2] for factor in products.factors]
    starts = np.cumsum([0, *counts])
    edges = []
    for (f, h), pairs in products.pairs.items():
        met = coo_array(pairs)
        q, r = len(products.factors[f].gram), len(products.factors[h].gram)
        edges.append((met.row // q + starts[f], met.col // r + starts[h]))
    rows, columns = (np.concatenate(part) for part in zip(*edges, strict=True))
    graph = coo_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), (starts[-1], starts[-1]))
    _, label = connected_components(csr_array(graph), directed=False)
    block = np.unique(label[counts[0] :], return_inverse=True)[1].astype(np.intp, copy=False)
    sizes = np.array([len(factor.gram) for factor in products.factors[1:]])
    return np.repeat(np.arange(sizes.size), counts[1:]), block, sizes
