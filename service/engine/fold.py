"""The fold: rows -> cross-products, in two passes over blocks of rows; then the rows are not needed again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.design import Design
from service.engine import groupwise
from service.engine.basis import Bases, Basis
from service.engine.columns import blocks, rows_at_once
from service.engine.crossproducts import CrossProducts, FactorProducts, merge, without_rounding
from service.engine.pairs import pairs_of
from service.engine.random_factors import RandomFactor, random_factors
from service.engine.rows import Place, Rows, rows_of, take

LEAST_ROWS = 65_536
"""Rows summed by group at a time, or as many as there are groups: the sums of a block cost as much as its groups."""

FEW = 8
"""Columns from which their products are worth the preparations of BLAS."""

Sums = dict[tuple[Place, Place], Vector]
"""The sum over each group's rows of the product of two columns, (J,) each."""


def fold(design: Design, bases: Bases) -> CrossProducts:
    """The cross-products of all rows of a design in these bases, chunk after chunk."""
    return reduce(merge, (fold_rows([chunk], [_bases_of(chunk, design, bases)])[0] for chunk in design.chunks()))


def _bases_of(chunk: Design, design: Design, bases: Bases) -> Bases:
    """The bases of a design as those of a chunk of it, which may be all of it."""
    return bases if chunk is design else replace(bases, factors=random_factors(chunk))


def fold_rows(designs: Sequence[Design], bases: Sequence[Bases]) -> list[CrossProducts]:
    """The cross-products of a chunk's rows, for models that differ in their fixed columns and response only.

    One pass for the sums by group, one for what the first factor leaves around them, whatever the number of models; no
    more than a block of rows is held in addition to the designs. Several models must be in bases that are not rotated.
    """
    factors = bases[0].factors
    rows = rows_of(designs, bases)
    sums, means = _group_sums(rows, factors)
    grams = [_matrices(sums[f], places, places) for f, places in enumerate(rows.random)]
    crosses = [_matrices(sums[f], places, rows.fixed) for f, places in enumerate(rows.random)]
    weights = [own[None, None] for own in sums]
    del sums
    solution = groupwise.regressions(grams[0], crosses[0])
    turn = augmented(bases[0].fixed)
    around = _around(rows, factors, turn, solution, means)
    counts = [
        own.astype(np.intp) if designs[0].weights is None else _counts(f)
        for f, own in zip(factors, weights, strict=True)
    ]
    log_weights = 0.0 if designs[0].weights is None else float(np.log(designs[0].weights).sum())
    pairs = pairs_of(rows, factors)
    squares = [_squares(rows, *own) for own in zip(rows.random, grams, strict=True)]
    found = []
    for own, kept, within, scatter in zip(bases, rows.models, around.within, around.scatter, strict=True):
        factor_products = tuple(
            FactorProducts(
                basis=basis,
                counts=counts[f],
                weights=weights[f],
                gram=grams[f],
                cross=_turned(crosses[f][:, kept], turn),
                mean_squares=squares[f],
                spanned=set(rows.random[f]) <= set(rows.random[0]),
            )
            for f, basis in enumerate(own.random)
        )
        own_solution, spanned = _turned(solution[:, kept], turn), _spanned(rows, kept, turn)
        first = int(own.fixed.intercept)
        found.append(
            CrossProducts(
                n=rows.n,
                basis=own.fixed,
                factors=factor_products,
                solution=own_solution,
                within=without_rounding(within, spanned, own_solution, factor_products[0].cross),
                spanned=spanned,
                pairs=pairs,
                log_weights=log_weights,
                total_mean=(means[kept] if turn is None else means[kept] @ turn)[first:],
                scatter=scatter[first:, first:],
            )
        )
    return found


def _spanned(rows: Rows, kept: Codes | slice, turn: Matrix | None) -> Flags:
    """Which of a model's columns, in its basis, are combinations of the first factor's columns whatever the rows."""
    own: Flags = rows.spanned[kept]
    return own if turn is None else np.asarray(~np.any(turn[~own] != 0, axis=0))


def _group_sums(rows: Rows, factors: tuple[RandomFactor, ...]) -> tuple[list[Sums], Vector]:
    """The sums by group that every factor needs, and the unweighted means of the fixed columns (m,)."""
    wanted = [_wanted(places, rows.fixed) for places in rows.random]
    sums: list[Sums] = [{} for _ in factors]
    means = [0.0] * len(rows.fixed)
    size = rows_at_once(len(rows.columns), max(LEAST_ROWS, *(factor.n_groups for factor in factors)))
    out = np.empty((len(rows.columns), min(size, rows.n)))
    for block in blocks(rows.n, size):
        part = rows.read(block, out)
        shares, all_ones = (np.add.reduce(part, axis=1) / rows.n).tolist(), part.shape[1] / rows.n
        means = [
            mean + (all_ones if place is None else shares[place]) for mean, place in zip(means, rows.fixed, strict=True)
        ]
        weights = None if rows.design.weights is None else rows.design.weights[block]
        weighted = part if weights is None else part * weights
        for factor, pairs, own in zip(factors, wanted, sums, strict=True):
            codes = factor.grouping.codes[block]
            for a, b in pairs:
                first = weights if a is None else weighted[a]
                product = first if b is None else (part[b] if first is None else first * part[b])
                total = np.bincount(codes, product, factor.n_groups)
                own[a, b] = own[a, b] + total if (a, b) in own else total.astype(np.float64, copy=False)
    return sums, np.array(means)


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
    """The products of these columns with those, (rows, columns, J); of one with one the sums themselves."""
    if len(rows) == len(columns) == 1:
        return sums[_ordered(rows[0], columns[0])][None, None]
    return np.array([[sums[_ordered(a, b)] for b in columns] for a in rows])


def _counts(factor: RandomFactor) -> Codes:
    counts: Codes = np.bincount(factor.grouping.codes, minlength=factor.n_groups)
    return counts


def augmented(basis: Basis) -> Matrix | None:
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


@dataclass(frozen=True, slots=True)
class _Around:
    """What the first factor's regressions leave (m, m) and products around the means (m, m), by model.

    Each model's products are formed by themselves: the last bits of a product depend on how wide the matrices are.
    """

    within: list[Matrix]
    scatter: list[Matrix]


def _around(
    rows: Rows,
    factors: tuple[RandomFactor, ...],
    turn: Matrix | None,
    solution: Matrices,
    means: Vector,
) -> _Around:
    """The products of what is left of every row, weighted, and of the rows around their means, which are not."""
    m = len(rows.fixed)
    sizes = [rows.spanned[kept].size for kept in rows.models]
    found = _Around([np.zeros((k, k)) for k in sizes], [np.zeros((k, k)) for k in sizes])
    codes = factors[0].grouping.codes
    at_once = rows_at_once(2 * m)
    out = np.empty((len(rows.columns), min(at_once, rows.n)))
    space = np.empty((m, out.shape[1]))
    weights = None if rows.design.weights is None else np.sqrt(rows.design.weights)
    for block in blocks(rows.n, at_once):
        part, columns = rows.read(block, out), space[:, : block.stop - block.start]
        take(part, rows.fixed, columns)
        columns -= means[:, None]
        for kept, scatter in zip(rows.models, found.scatter, strict=True):
            _add_square(scatter, columns[kept], turn)
        _leave(part, rows, solution, codes[block], columns)
        if weights is not None:
            columns *= weights[block]
        for kept, within in zip(rows.models, found.within, strict=True):
            _add_square(within, columns[kept], turn)
    return found


def _squares(rows: Rows, places: list[Place], gram: Matrices) -> Matrix:
    """The sum of z z' over all rows, (q, q), that of the groups' where those are not weighted."""
    if rows.design.weights is None:
        total: Matrix = gram.sum(axis=2)
        return total
    squares = np.zeros((len(places), len(places)))
    at_once = rows_at_once(len(rows.columns) + len(places))
    out, space = (np.empty((k, min(at_once, rows.n))) for k in (len(rows.columns), len(places)))
    for block in blocks(rows.n, at_once):
        _add_square(squares, take(rows.read(block, out), places, space[:, : block.stop - block.start]), None)
    return squares


def _add_square(total: Matrix, columns: Matrix, turn: Matrix | None) -> None:
    """Add the products of these columns, a row each, turned, to the total."""
    turned = columns if turn is None else turn.T @ columns
    total += np.vecdot(turned[:, None], turned) if len(turned) < FEW else turned @ turned.T


def _leave(part: Matrix, rows: Rows, solution: Matrices, codes: Codes, left: Matrix) -> None:
    """Write into `left` (M, rows) what the groups' regressions on the first factor leave of the fixed columns."""
    for k, (place, spanned) in enumerate(zip(rows.fixed, rows.spanned.tolist(), strict=True)):
        if spanned:
            left[k] = 0.0
            continue
        own = 1.0 if place is None else part[place]
        for a, random in enumerate(rows.random[0]):
            fitted = solution[a, k].take(codes)
            own = np.subtract(own, fitted if random is None else fitted * part[random], out=left[k])
