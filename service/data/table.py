"""A table: named columns of equal length, each numeric, logical or categorical.

What every reader of this room makes, and the only form in which rows reach the mathematics.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    """Columns by name, all of `n_rows` cells."""

    columns: Mapping[str, Column]
    n_rows: int
