"""The fold: rows -> cross-products, in two passes over blocks of rows; then the rows are not needed again."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from service.arrays import Codes, Matrices, Matrix, Vector
from service.design import Design
from service.engine import groupwise
from service.engine.basis import Basis, RandomBasis, fixed_columns, random_columns
from service.engine.columns import BLOCK_ROWS, ONE, Column, blocks, distinct
from service.engine.crossproducts import CrossProducts, FactorProducts, clear_determined, merge
from service.engine.random_factors import RandomFactor, random_factors

LEAST_ROWS = 65_536
"""Rows summed by group at a time, or as many as there are groups: the sums of a block cost as much as its groups."""

Place = int | None
"""Where a column is among the distinct ones; None for the column of ones."""

Sums = dict[tuple[Place, Place], Vector]
"""The sum over each group's rows of the product of two columns, (J,) each."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a design as columns: `columns` are the distinct ones, `fixed` (m,) and `random` (F, q) point there."""

    design: Design
    columns: list[Column]
    fixed: list[Place]
    random: list[list[Place]]

    @property
    def n(self) -> int:
        return self.design.n

    def read(self, rows: slice, out: Matrix) -> Matrix:
        """These rows of all columns, (columns, rows), in `out`."""
        part = out[:, : rows.stop - rows.start]
        for column, row in zip(self.columns, part, strict=True):
            column.fill(rows, row)
        return part


def fold(
    design: Design, factors: tuple[RandomFactor, ...], basis: Basis, random_bases: tuple[RandomBasis, ...]
) -> CrossProducts:
    """The cross-products of all rows of a design in these bases, chunk after chunk."""
    chunks = design.chunks()
    total = fold_rows(next(chunks), factors, basis, random_bases)
    for chunk in chunks:
        total = merge(total, fold_rows(chunk, random_factors(chunk), basis, random_bases))
    return total


def fold_rows(
    design: Design, factors: tuple[RandomFactor, ...], basis: Basis, random_bases: tuple[RandomBasis, ...]
) -> CrossProducts:
    """The cross-products of a chunk's rows in these bases.

    One pass for the sums by group, one for what the first factor leaves around them; no more than a block of rows is
    held in addition to the design.
    """
    rows = _rows(design, factors, basis, random_bases)
    sums, totals = _group_sums(rows, factors)
    grams = [_matrices(sums[f], places, places) for f, places in enumerate(rows.random)]
    crosses = [_matrices(sums[f], places, rows.fixed) for f, places in enumerate(rows.random)]
    plain = groupwise.solve(groupwise.cholesky(grams[0]), crosses[0])
    within, scatter, mean_squares = _around(rows, factors, basis, plain, totals)
    turn = _augmented(basis)
    solution = _turned(plain, turn)
    crosses = [_turned(cross, turn) for cross in crosses]
    clear_determined(within, np.diag(within) + np.einsum("amj,amj->m", solution, crosses[0]))
    first = int(basis.intercept)
    return CrossProducts(
        basis=basis,
        factors=tuple(
            FactorProducts(
                basis=random_basis,
                counts=sums[f][None, None].astype(np.intp) if design.weights is None else _counts(factor),
                weights=sums[f][None, None],
                gram=grams[f],
                cross=crosses[f],
                mean_squares=mean_squares[f],
            )
            for f, (factor, random_basis) in enumerate(zip(factors, random_bases, strict=True))
        ),
        solution=solution,
        within=within,
        pairs=_pairs(rows, factors),
        log_weights=0.0 if design.weights is None else float(np.log(design.weights).sum()),
        total_mean=totals[first:] @ basis.rotation,
        scatter=scatter,
    )


def _rows(
    design: Design, factors: tuple[RandomFactor, ...], basis: Basis, random_bases: tuple[RandomBasis, ...]
) -> _Rows:
    fixed = fixed_columns(design, basis)
    random = [random_columns(factor, own) for factor, own in zip(factors, random_bases, strict=True)]
    columns, places = distinct([column for part in (fixed, *random) for column in part if column.key != ONE])
    following = iter(places)

    def place(column: Column) -> Place:
        return None if column.key == ONE else next(following)

    ones: list[Place] = [None] if basis.intercept else []
    return _Rows(design, columns, ones + [place(c) for c in fixed], [[place(c) for c in part] for part in random])


def _group_sums(rows: _Rows, factors: tuple[RandomFactor, ...]) -> tuple[list[Sums], Vector]:
    """The sums by group that every factor needs, and the unweighted means of the fixed columns (m,)."""
    wanted = [_wanted(places, rows.fixed) for places in rows.random]
    sums: list[Sums] = [
        {pair: np.zeros(factor.n_groups) for pair in pairs} for factor, pairs in zip(factors, wanted, strict=True)
    ]
    means = np.zeros(len(rows.fixed))
    size = max(LEAST_ROWS, *(factor.n_groups for factor in factors))
    out = np.empty((len(rows.columns), min(size, rows.n)))
    for block in blocks(rows.n, size):
        part = rows.read(block, out)
        share = (block.stop - block.start) / rows.n
        means += [share if place is None else float(part[place].mean()) * share for place in rows.fixed]
        weights = None if rows.design.weights is None else rows.design.weights[block]
        weighted = part if weights is None else part * weights
        for factor, own in zip(factors, sums, strict=True):
            codes = factor.grouping.codes[block]
            for (a, b), total in own.items():
                first = weights if a is None else weighted[a]
                product = first if b is None else (part[b] if first is None else first * part[b])
                total += np.bincount(codes, product, factor.n_groups)
    return sums, means


def _wanted(random: list[Place], fixed: list[Place]) -> list[tuple[Place, Place]]:
    """The pairs of columns whose products a factor needs, each once; the ones alone, for the weights, among them."""
    pairs = [(None, None), *((a, b) for a in random for b in (*random, *fixed))]
    return list(dict.fromkeys(_ordered(a, b) for a, b in pairs))


def _ordered(a: Place, b: Place) -> tuple[Place, Place]:
    """The pair with the ones last, otherwise rising."""
    if a is None or (b is not None and b < a):
        return b, a
    return a, b


def _matrices(sums: Sums, rows: list[Place], columns: list[Place]) -> Matrices:
    """The products of these columns with those, (rows, columns, J)."""
    return np.stack([np.stack([sums[_ordered(a, b)] for b in columns]) for a in rows])


def _counts(factor: RandomFactor) -> Codes:
    counts: Codes = np.bincount(factor.grouping.codes, minlength=factor.n_groups)
    return counts


def _augmented(basis: Basis) -> Matrix | None:
    """The rotation of all of D, the ones included; None if it does nothing."""
    if not basis.is_rotated:
        return None
    first = int(basis.intercept)
    turn = np.eye(len(basis.rotation) + first)
    turn[first:, first:] = basis.rotation
    return turn


def _turned(matrices: Matrices, turn: Matrix | None) -> Matrices:
    """The (q, m, J) products with D in the rotated basis."""
    return matrices if turn is None else np.einsum("amj,mn->anj", matrices, turn)


def _around(
    rows: _Rows, factors: tuple[RandomFactor, ...], basis: Basis, solution: Matrices, means: Vector
) -> tuple[Matrix, Matrix, list[Matrix]]:
    """What is left of D around the first factor's regressions (m, m), around the means, and the sums of z z'."""
    m, first = len(rows.fixed), int(basis.intercept)
    turn = _augmented(basis)
    within, scatter = np.zeros((m, m)), np.zeros((m - first, m - first))
    mean_squares = [np.zeros((len(places), len(places))) for places in rows.random]
    codes, own = factors[0].grouping.codes, rows.random[0]
    out = np.empty((len(rows.columns), min(BLOCK_ROWS, rows.n)))
    fixed, left = np.empty((m, out.shape[1])), np.empty((m, out.shape[1]))
    weights = None if rows.design.weights is None else np.sqrt(rows.design.weights)
    for block in blocks(rows.n):
        size = block.stop - block.start
        part = rows.read(block, out)
        _take(part, rows.fixed, fixed[:, :size])
        around = fixed[first:, :size] - means[first:, None]
        around = around if turn is None else basis.rotation.T @ around
        scatter += around @ around.T
        _leave(fixed[:, :size], part, rows.fixed, own, solution, codes[block], left[:, :size])
        if weights is not None:
            left[:, :size] *= weights[block]
        turned = left[:, :size] if turn is None else turn.T @ left[:, :size]
        within += turned @ turned.T
        for places, squares in zip(rows.random, mean_squares, strict=True):
            z = _take(part, places, np.empty((len(places), size)))
            squares += z @ z.T
    return within, scatter, mean_squares


def _take(part: Matrix, places: list[Place], out: Matrix) -> Matrix:
    """The columns at these places, a row each, in `out`."""
    for row, place in zip(out, places, strict=True):
        row[:] = 1.0 if place is None else part[place]
    return out


def _leave(
    fixed: Matrix,
    part: Matrix,
    places: list[Place],
    random: list[Place],
    solution: Matrices,
    codes: Codes,
    out: Matrix,
) -> None:
    """Write what the group's regression on the columns `random` leaves of the fixed columns into `out` (m, rows)."""
    for k, place in enumerate(places):
        if place in random:
            out[k] = 0.0
            continue
        out[k] = fixed[k]
        for a, own in enumerate(random):
            fitted = solution[a, k].take(codes)
            out[k] -= fitted if own is None else fitted * part[own]


def _pairs(rows: _Rows, factors: tuple[RandomFactor, ...]) -> dict[tuple[int, int], csr_array]:
    """Z_f'Z_h for every two factors."""
    return {
        (f, h): _crossed(rows, factors, f, h) for f in range(len(factors)) for h in range(f + 1, len(factors))
    }


def _crossed(rows: _Rows, factors: tuple[RandomFactor, ...], f: int, h: int) -> csr_array:
    """Z_f'Z_h (J_f q_f, J_h q_h), sparse, a large block of rows at a time."""
    q, r = len(rows.random[f]), len(rows.random[h])
    shape = (factors[f].n_groups * q, factors[h].n_groups * r)
    total = csr_array(shape)
    out = np.empty((len(rows.columns), min(16 * LEAST_ROWS, rows.n)))
    for block in blocks(rows.n, 16 * LEAST_ROWS):
        part = rows.read(block, out)
        weights = np.ones(part.shape[1]) if rows.design.weights is None else rows.design.weights[block]
        mine = factors[f].grouping.codes[block].astype(np.int32)
        theirs = factors[h].grouping.codes[block].astype(np.int32)
        for a, own in enumerate(rows.random[f]):
            for b, other in enumerate(rows.random[h]):
                value = weights if own is None else weights * part[own]
                value = value if other is None else value * part[other]
                total = total + coo_array((value, (mine * q + a, theirs * r + b)), shape).tocsr()
    return total
