"""The rows of models as the columns that make them up, each read once however often it is used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from service.arrays import Codes, Flags, Matrix
from service.design import Design
from service.engine.basis import Bases, fixed_columns, random_columns
from service.engine.columns import BLOCK_ROWS, ONES, Column, distinct

Place = int | None
"""Where a column is among the distinct ones; None for the column of ones."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a chunk as columns, for models that differ in their fixed columns and response only.

    `columns` are the distinct ones; `fixed` (M,), the fixed columns and responses of all models, and `random` (F, q)
    point there. `models` says which of the M each model has, `spanned` (M,) which are combinations of the first
    factor's columns whatever the rows. `whole` remembers rows that were read all at once.
    """

    design: Design
    columns: list[Column]
    fixed: list[Place]
    random: list[list[Place]]
    models: list[Codes | slice]
    spanned: Flags
    whole: list[Matrix] = field(default_factory=list)

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.design.n

    def read(self, rows: slice, out: Matrix) -> Matrix:
        """These rows of all columns, (columns, rows), in `out` unless they are all rows and were read before."""
        if self.whole:
            return self.whole[0]
        part = out[:, : rows.stop - rows.start]
        for column, row in zip(self.columns, part, strict=True):
            column.fill(rows, row)
        if rows.stop - rows.start == self.n <= BLOCK_ROWS:
            self.whole.append(part)
        return part


def rows_of(designs: Sequence[Design], bases: Sequence[Bases]) -> Rows:
    """The rows of a chunk of these designs in these bases."""
    fixed = [
        [ONES] * own.fixed.intercept + fixed_columns(design, own.fixed)
        for design, own in zip(designs, bases, strict=True)
    ]
    of_all, places = distinct([column for part in fixed for column in part]) if len(designs) > 1 else (fixed[0], [])
    random = [random_columns(factor, basis) for factor, basis in zip(bases[0].factors, bases[0].random, strict=True)]
    columns, where = distinct([c for part in (of_all, *random) for c in part if c is not ONES])
    following = iter(where)
    placed = [[None if column is ONES else next(following) for column in part] for part in (of_all, *random)]
    models: list[Codes | slice] = [slice(None)]
    if len(designs) > 1:
        starts = np.cumsum([0, *map(len, fixed)])
        models = [np.array(places[a:b], dtype=np.intp) for a, b in pairwise(starts)]
    return Rows(designs[0], columns, placed[0], placed[1:], models, _spanned(of_all, random[0]))


def _spanned(columns: list[Column], random: list[Column]) -> Flags:
    """Which columns are combinations of these: one of them, unless it is shifted and the ones are not among them."""
    keys, raw = {each.key for each in random}, {each.raw for each in random if each is not ONES}
    takes_shifts = ONES.key in keys
    return np.array(
        [column.key in keys or (column.raw in raw and (takes_shifts or column.shift == 0.0)) for column in columns]
    )


def take(part: Matrix, places: list[Place], out: Matrix) -> Matrix:
    """The columns at these places, a row each, in `out`."""
    for row, place in zip(out, places, strict=True):
        row[:] = 1.0 if place is None else part[place]
    return out
