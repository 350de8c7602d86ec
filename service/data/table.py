"""A table: named columns of equal length, each numeric, logical or categorical.

What every reader of this room makes, and the only form in which rows reach the mathematics: all of them in one table,
or, where they are too many to be held, in one small table after the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.arrays import Codes, Vector


@dataclass(frozen=True, slots=True)
class Numeric:
    """Numbers; `values` (n,) has NaN where a cell is missing and is finite elsewhere."""

    values: Vector


@dataclass(frozen=True, slots=True)
class Logical:
    """Truth values; `values` (n,) is 1.0, 0.0 or NaN where a cell is missing."""

    values: Vector


@dataclass(frozen=True, slots=True)
class Categorical:
    """Labels; `codes` (n,) point into `levels`, -1 where a cell is missing.

    Levels are distinct, in code-point order unless the request orders them, and may be unused.
    """

    codes: Codes
    levels: tuple[str, ...]


Column = Numeric | Logical | Categorical


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, all of `n_rows` cells; the first of them are those of row `first_row` of what was sent."""

    columns: Mapping[str, Column]
    n_rows: int
    first_row: int = 0


class Rows(Protocol):
    """A table whose rows are read in batches, as often as they are asked for, and never held together."""

    @property
    def outline(self) -> Table:
        """The table's columns without a row of them: their kinds and, of labels, all levels, each of which occurs.

        A column is looked through when it is first asked for, and raises then what it would raise in memory.
        """
        ...

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        ...

    def batches(self, names: Sequence[str], most_rows: int) -> Iterator[Table]:
        """These columns of all rows, in their order, in tables of `most_rows` rows or fewer."""
        ...

    def digest(self, name: str) -> bytes:
        """The digest of a column, the same as in memory."""
        ...
