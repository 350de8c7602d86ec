"""The rows of a design in a model's coordinates, a block of them after the other: what is said of single rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.engine.basis import Bases
from service.engine.columns import blocks, rows_at_once
from service.engine.fold import augmented
from service.engine.random_factors import random_factors
from service.engine.rows import rows_of, take


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows: `fixed` (m, n) are the columns [1 X y], `random` (q, n) and `groups` (n,) those of each factor."""

    fixed: Matrix
    random: list[Matrix]
    groups: list[Codes]
    weights: Vector | None


def row_blocks(design: Design, bases: Bases, turns: Sequence[Matrix], width: int) -> Iterator[RowBlock]:
    """The rows of a design in these bases, and a factor's columns turned by its T (q, q).

    A block has so many rows as may have `width` numbers each.
    """
    turn = augmented(bases.fixed)
    for chunk in design.chunks():
        factors = random_factors(chunk)
        rows = rows_of([chunk], [replace(bases, factors=factors)])
        size = rows_at_once(len(rows.columns) + width)
        out = np.empty((len(rows.columns), min(size, rows.n)))
        for block in blocks(rows.n, size):
            part, n = rows.read(block, out), block.stop - block.start
            fixed = take(part, rows.fixed, np.empty((len(rows.fixed), n)))
            yield RowBlock(
                fixed=fixed if turn is None else turn.T @ fixed,
                random=[
                    T.T @ take(part, places, np.empty((len(places), n)))
                    for T, places in zip(turns, rows.random, strict=True)
                ],
                groups=[factor.grouping.codes[block] for factor in factors],
                weights=None if chunk.weights is None else chunk.weights[block],
            )
