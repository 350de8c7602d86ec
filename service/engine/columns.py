"""Columns as the fold reads them: a block of rows at a time, shifted and scaled."""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from service.arrays import Vector
from service.design import Design
from service.design.model_matrix import ModelMatrix

BLOCK_ROWS = 16384
"""Rows taken at a time: a block of a few columns stays in the second-level cache."""


class Column(NamedTuple):
    """A column (value - shift) * scale; two columns of equal `key` are the same numbers, of equal `raw` before that."""

    key: Hashable
    source: Callable[[slice, Vector], None]
    raw: Hashable = None
    shift: float = 0.0
    scale: float = 1.0

    def fill(self, rows: slice, out: Vector) -> None:
        """Write these rows of the column into `out`."""
        self.source(rows, out)
        if self.shift:
            np.subtract(out, self.shift, out=out)
        if self.scale != 1.0:
            np.multiply(out, self.scale, out=out)

    def scaled(self, shift: float, scale: float) -> "Column":
        """A column as it is given, shifted and scaled."""
        return Column((self.key, shift, scale), self.source, self.key, shift, scale)


MOST_NUMBERS = 4_194_304
"""Numbers of all columns held at a time, 32 MiB: with many columns fewer rows are taken together."""


def rows_at_once(n_columns: int, most: int = BLOCK_ROWS) -> int:
    """How many rows of so many columns are taken at a time."""
    return max(1, min(most, MOST_NUMBERS // max(n_columns, 1)))


ONES = Column("1", lambda _, out: out.fill(1.0))
"""The column of ones."""


class Extent(NamedTuple):
    """The least, the largest and the mean value of a column."""

    low: float
    high: float
    mean: float

    @property
    def magnitude(self) -> float:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))

    def spread_around(self, shift: float) -> float:
        """The largest distance of a value from `shift`."""
        return max(abs(self.low - shift), abs(self.high - shift))

    def scale_around(self, shift: float) -> float:
        """The power of two that brings the values around `shift` below one."""
        spread = self.spread_around(shift)
        exponent = math.frexp(spread if spread > 0 else 1.0)[1]
        # A column of nothing but subnormal numbers asks for more than the largest power of two.
        return math.ldexp(1.0, min(-exponent, 1023))


def matrix_column(matrix: ModelMatrix, k: int) -> Column:
    """Column k of a model matrix as it is given."""
    if matrix.is_constant_one(k):
        return ONES
    return Column(matrix.identity(k), partial(matrix.fill, k))


def response_column(design: Design) -> Column:
    """The response less the offset."""
    y, offset = design.y, design.offset

    def source(rows: slice, out: Vector) -> None:
        if offset is None:
            np.copyto(out, y[rows])
        else:
            np.subtract(y[rows], offset[rows], out=out)

    return Column(("response", id(y), id(offset)), source)


def extents_of(design: Design, columns: Callable[[Design], list[Column]]) -> list[Extent]:
    """The extents of these columns of a design over all its rows."""
    low: list[list[float]] = []
    high: list[list[float]] = []
    mean: list[list[float]] = []
    places: list[int] = []
    for chunk in design.chunks():
        own, places = distinct(columns(chunk))
        at_once = rows_at_once(len(own))
        out = np.empty((len(own), min(at_once, chunk.n)))
        for rows in blocks(chunk.n, at_once):
            part = out[:, : rows.stop - rows.start]
            for column, row in zip(own, part, strict=True):
                column.fill(rows, row)
            low.append(np.minimum.reduce(part, axis=1).tolist())
            high.append(np.maximum.reduce(part, axis=1).tolist())
            # Shares of a mean, as sums might overflow.
            mean.append((np.add.reduce(part, axis=1) / design.n).tolist())
    by_column = (zip(*blockwise, strict=True) for blockwise in (low, high, mean))
    found = [_extent(min(least), max(most), sum(shares)) for least, most, shares in zip(*by_column, strict=True)]
    return [found[place] for place in places]


def _extent(low: float, high: float, mean: float) -> Extent:
    """The extent of a column, whose mean lies inside whatever rounding has done to it."""
    return Extent(low, high, min(max(mean, low), high))


def blocks(n: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """The rows 0 to n in blocks of `size`, the last one smaller."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def distinct(columns: Sequence[Column]) -> tuple[list[Column], list[int]]:
    """The distinct ones of these columns, and where each of the given ones is among them."""
    places: dict[Hashable, int] = {}
    kept: list[Column] = []
    for column in columns:
        if column.key not in places:
            places[column.key] = len(kept)
            kept.append(column)
    return kept, [places[column.key] for column in columns]
