"""A table as bytes: records in JSON, CSV, or an Arrow stream, all with the same columns and to the last digit.

CSV is RFC 4180's: lines end with CRLF, text is quoted, so that a missing cell and an empty label are told apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from service.arrays import Codes, Vector

TYPES: Mapping[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64()}

Cells = Sequence[str] | Sequence[int] | Sequence[float | None] | Vector | Codes
"""The cells of a column; None, NaN and infinity are missing."""


def make_arrow(columns: Mapping[str, Cells], types: Mapping[str, type]) -> pa.Table:
    """The table of these columns, of equal length, each of its type: text, whole numbers or numbers."""
    return pa.table({name: _array(cells, TYPES[types[name]]) for name, cells in columns.items()})


def _array(cells: Cells, kind: pa.DataType) -> "pa.Array[Any]":
    if kind != pa.float64():
        return pa.array(cells, kind)
    numbers = np.array(cells, dtype=np.float64)
    return pa.array(numbers, mask=~np.isfinite(numbers))


def as_records(table: pa.Table) -> bytes:
    """The rows as a JSON list of objects; numbers in their shortest exact form, a missing cell is null."""
    return msgspec.json.encode(table.to_pylist())


def as_csv(table: pa.Table) -> bytes:
    """The rows as UTF-8 CSV under a line of names; numbers as in JSON, a missing cell is empty."""
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    lines = (",".join(map(_cell, row)) for row in (table.column_names, *rows))
    return "\r\n".join([*lines, ""]).encode()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None else repr(value)


def as_arrow_stream(table: pa.Table) -> bytes:
    """The rows as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
