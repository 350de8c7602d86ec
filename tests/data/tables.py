"""Tables as plain lists, for tests to compare."""

from math import isnan

from service.data import Categorical, Column, Limits, Table
from service.data.parquet_table import open_parquet, parquet_table

LIMITS = Limits(max_bytes=1 << 22, max_rows=100_000, max_columns=100)

Cell = float | bool | str | None


def cells_of(column: Column) -> list[Cell]:
    """The cells as they were meant: labels, numbers or truth values, None where missing."""
    if isinstance(column, Categorical):
        return [None if code < 0 else column.levels[code] for code in column.codes.tolist()]
    return [None if isnan(value) else value for value in column.values.tolist()]


def kinds_of(table: Table) -> dict[str, str]:
    return {name: type(column).__name__ for name, column in table.columns.items()}


def plain(table: Table) -> dict[str, list[Cell]]:
    return {name: cells_of(column) for name, column in table.columns.items()}


def read_parquet(content: bytes, limits: Limits) -> Table:
    """The table of a Parquet file in memory."""
    return parquet_table(open_parquet(content, limits), limits)
