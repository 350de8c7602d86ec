"""The arrangement of a model's factors for elimination: everything about cross-products that no theta changes."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from service.arrays import Codes, Flags, Matrix, Vector
from service.engine import groupwise
from service.engine.block_rest import BlockRest, Onward
from service.engine.crossproducts import CrossProducts
from service.engine.dense_rest import DenseRest
from service.engine.elimination import columns_of
from service.engine.fronts import FULL, fronts_of
from service.engine.remainder import Rest
from service.engine.sparse_rest import SparseRest
from service.engine.sparsity import Remainder, count_pairs, entries_of, meets_one_group, pair_up, pairs_in_lots
from service.engine.spread import MOST_PAIRS, GroupSpread, Spread, pair_spread

FEW_COLUMNS = 150
"""Remaining columns up to which a dense matrix is quickest whatever its pattern."""

MOST_DENSE = 2500
"""Remaining columns up to which a dense matrix is quick enough unless it is nearly empty."""

NEARLY_EMPTY = 0.02
"""Share of all elements up to which it is worth a look whether elimination would fill the matrix."""

MARKED = 64
"""Elements of a matrix for each key from which sorting the keys is cheaper."""

ROUNDING = 1e-13
"""Share of a product below which what the first factor's groups leave of it is rounding."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The factors after the first, as the first leaves them.

    `rest` says how they are eliminated. `values` are the elements of what the first factor's columns leave of
    Z_r'Z_r, `cross` (columns, m) of Z_r'D. `solution` (J q, columns) is M, the first factor's regressions of Z_r;
    `spread` takes the N of its groups to the elements of M' N M, and H back.
    """

    rest: Rest
    values: Vector
    cross: Matrix
    solution: csr_array
    spread: Spread


def arrange(products: CrossProducts) -> Arrangement | None:
    """The arrangement of the factors after the first; None if there is no other."""
    if len(products.factors) == 1:
        return None
    first, *others = products.factors
    q, groups = len(first.gram), first.gram.shape[2]
    block = csr_array(hstack([products.pairs[0, h + 1] for h in range(len(others))], format="csr"))
    block.sort_indices()
    n_columns = block.shape[1]
    group, column, values = entries_of(block, q)
    M = groupwise.solve(groupwise.cholesky(first.gram)[:, :, group], values[:, None, :])[:, 0]
    rows, columns, elements = _own_elements(products)
    rest, spread = _spread(products, group, column, M, rows * n_columns + columns)
    taken = spread.forward(first.gram)
    left: Vector = np.bincount(rest.places(rows * n_columns + columns), elements, rest.size) - taken
    left[np.abs(left) <= ROUNDING * np.abs(taken)] = 0.0
    solution = coo_array((M.ravel(), _places(group, column, q)), (groups * q, n_columns)).tocsr()
    cross = np.concatenate([columns_of(factor.cross) for factor in others]) - solution.T @ columns_of(first.cross)
    nothing = _determined(products, group, column)
    left[rest.beside(nothing)] = 0.0
    cross[nothing | (left[rest.places(np.arange(n_columns) * (n_columns + 1))] == 0.0)] = 0.0
    return Arrangement(rest, left, cross, solution, spread)


def _spread(products: CrossProducts, group: Codes, column: Codes, M: Matrix, own_keys: Codes) -> tuple[Rest, Spread]:
    """How the later factors are eliminated, and how the first factor's groups add to them."""
    counts = tuple(factor.gram.shape[2] for factor in products.factors[1:])
    sizes = tuple(len(factor.gram) for factor in products.factors[1:])
    n_columns, groups = sum(j * q for j, q in zip(counts, sizes, strict=True)), products.factors[0].gram.shape[2]
    if count_pairs(group) * len(M) ** 2 > MOST_PAIRS:
        bounds = np.searchsorted(group, np.arange(groups + 1))
        return DenseRest(counts, sizes), GroupSpread(n_columns, bounds, column, M)
    if n_columns <= FEW_COLUMNS:
        rest: Rest = DenseRest(counts, sizes)
    else:
        rest = rest_of(counts, sizes, _keys(group, column, own_keys, n_columns))
    return rest, pair_spread(group, column, M, rest, (n_columns, groups))


def _keys(group: Codes, column: Codes, own_keys: Codes, n_columns: int) -> Codes:
    """The distinct keys, rising, of the elements where later factors or pairs of the first one's entries meet."""
    keys = np.empty(own_keys.size + count_pairs(group), dtype=np.intp)
    keys[: own_keys.size] = own_keys
    met = keys[own_keys.size :]
    for _, pairs, coupling in pairs_in_lots(group, column):
        met[pairs] = coupling.keys(n_columns)
    return _distinct(keys, n_columns)


def _places(group: Codes, column: Codes, q: int) -> tuple[Codes, Codes]:
    """Row and column of every coefficient of the entries in a matrix (J q, columns)."""
    return (group * q + np.arange(q)[:, None]).ravel(), np.tile(column, q)


def _determined(products: CrossProducts, group: Codes, column: Codes) -> Flags:
    """Which later columns the first factor determines: those of a factor it is nested in, and whose columns it has."""
    found, start = [], 0
    for factor in products.factors[1:]:
        q, n_columns = len(factor.gram), len(factor.gram) * factor.gram.shape[2]
        nested = meets_one_group(group, column, q, slice(start, start + n_columns))
        found.append(np.full(n_columns, factor.spanned and nested))
        start += n_columns
    return np.concatenate(found)


def rest_of(counts: tuple[int, ...], sizes: tuple[int, ...], keys: Codes) -> Rest:
    """How factors with these J and q are eliminated whose products are the elements `keys`, row * columns + column."""
    n_columns = sum(j * q for j, q in zip(counts, sizes, strict=True))
    own, q = counts[0] * sizes[0], sizes[0]
    rows, columns = keys // n_columns, keys % n_columns
    touching = bool(np.any((columns < own) & (rows // q != columns // q)))
    empty = keys.size <= NEARLY_EMPTY * n_columns**2 / 2
    if n_columns <= (MOST_DENSE if touching and not empty else FEW_COLUMNS):
        return DenseRest(counts, sizes)
    if touching:
        return _touching_rest(counts, sizes, keys)
    beside = (rows < own) & (columns >= own)
    entries = np.unique((rows[beside] // q) * n_columns + columns[beside])
    coupling = pair_up(entries // n_columns, entries % n_columns - own)
    later = rows >= own
    left = n_columns - own
    moved = (rows[later] - own) * left + columns[later] - own
    filled = coupling.keys(left)
    rest = rest_of(counts[1:], sizes[1:], np.unique(np.concatenate([moved, filled]))) if len(counts) > 1 else None
    pattern = Remainder(n_columns, keys)
    j, a = np.arange(counts[0]) * q, np.arange(q)
    low, high = np.minimum(a[:, None], a), np.maximum(a[:, None], a)
    inside = pattern.find((j + low[:, :, None]) * n_columns + j + high[:, :, None])
    if rest is None:
        return BlockRest(pattern, counts[0], q, inside, None)
    across = (coupling.group * q + a[:, None]) * n_columns + coupling.column + own
    onward = Onward(
        rest=rest,
        coupling=coupling,
        beside=pattern.find(across),
        after=np.flatnonzero(later),
        following=rest.places(moved),
        slot=rest.places(filled),
    )
    return BlockRest(pattern, counts[0], q, inside, onward)


def _distinct(keys: Codes, n_columns: int) -> Codes:
    """The distinct keys, rising; where they are many for the matrix, marking its elements beats sorting them."""
    if keys.size < n_columns**2 // MARKED:
        return np.unique(keys)
    marked = np.zeros(n_columns**2, dtype=np.bool_)
    marked[keys] = True
    return np.flatnonzero(marked)


def _touching_rest(counts: tuple[int, ...], sizes: tuple[int, ...], keys: Codes) -> Rest:
    """Factors whose groups touch each other: a sparse matrix, or a dense one where elimination would fill it."""
    n_columns = sum(j * q for j, q in zip(counts, sizes, strict=True))
    keys = _in_whole_blocks(counts, sizes, keys)
    full = keys.size > FULL * n_columns**2 / 2
    fronts = None if full else fronts_of(n_columns, keys // n_columns, keys % n_columns)
    if fronts is None:
        return DenseRest(counts, sizes)
    return SparseRest(Remainder(n_columns, keys), counts, sizes, fronts)


def _in_whole_blocks(counts: tuple[int, ...], sizes: tuple[int, ...], keys: Codes) -> Codes:
    """The elements with all others of the blocks they lie in, a block for two groups."""
    if all(q == 1 for q in sizes):
        return keys
    widths = np.repeat(sizes, counts)
    starts = np.cumsum(widths) - widths
    block_of = np.repeat(np.arange(widths.size), widths)
    n_columns = block_of.size
    pairs = np.unique(block_of[keys // n_columns] * widths.size + block_of[keys % n_columns])
    first, second = pairs // widths.size, pairs % widths.size
    whole = []
    for a in range(max(sizes)):
        for b in range(max(sizes)):
            row, column = starts[first] + a, starts[second] + b
            there = (a < widths[first]) & (b < widths[second]) & (row <= column)
            whole.append(row[there] * n_columns + column[there])
    return np.unique(np.concatenate(whole))


def _own_elements(products: CrossProducts) -> tuple[Codes, Codes, Vector]:
    """Rows, columns and values of the products of the later factors with themselves and each other, rows <= columns."""
    others = products.factors[1:]
    starts = np.cumsum([0, *(factor.gram.shape[2] * len(factor.gram) for factor in others)])
    parts: list[tuple[Codes, Codes, Vector]] = []
    for factor, start in zip(others, starts.tolist(), strict=False):
        q, groups = len(factor.gram), factor.gram.shape[2]
        j = np.arange(groups) * q + start
        parts += [(j + a, j + b, factor.gram[a, b]) for a in range(q) for b in range(a, q)]
    for (f, h), block in products.pairs.items():
        if f > 0:
            entries = coo_array(block)
            parts.append((entries.row + starts[f - 1], entries.col + starts[h - 1], entries.data))
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows.astype(np.intp), columns.astype(np.intp), values
