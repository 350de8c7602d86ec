"""From JSON text, `{"y": [..], "x": [..]}` or `[{"y": .., "x": ..}, ..]`, to a `Table`.

A column is all numbers, all text or all truth values, with null where a cell is missing; in records an absent member
is missing too. Whole numbers of which some reach 2^53 are read as labels (see `labels`).
"""

import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import chain
from types import NoneType
from typing import cast

import numpy as np

from service.data.columns import Reader, all_missing, numeric, table_of
from service.data.json_text import BYTE_ORDER_MARK, DATA, Json, decode, decode_object
from service.data.labels import are_exact, categorical_of_texts
from service.data.limits import Limits
from service.data.table import Column, Logical, Numeric, Table
from service.errors import ColumnLengthsDiffer, Fault, NotFinite, WrongType
from service.quoting import excerpt, pointer_to

BEYOND_IDENTIFIERS = 2**64
"""Nobody counts identifiers in whole numbers of more than 64 bits: these are quantities."""

_KINDS: Mapping[type, str] = {
    int: "a number",
    float: "a number",
    str: "text",
    bool: "a truth value",
    list: "a list",
    dict: "an object",
}
_ALL_OF = {"a number": "numbers", "text": "text", "a truth value": "truth values"}


def read_json(content: bytes, limits: Limits) -> Table:
    """The table of columns or of records; raises `WrongType` for anything else, `MalformedBody` if it is not JSON."""
    content = content.removeprefix(BYTE_ORDER_MARK).lstrip()
    return json_table(decode_object(content, DATA) if content.startswith(b"{") else decode(content, DATA), limits)


def json_table(data: Json, limits: Limits) -> Table:
    """The same of what was decoded already."""
    if isinstance(data, dict):
        return _table_of_columns(data, limits)
    if isinstance(data, list):
        return _table_of_records(data, limits)
    message = 'The data must be columns, {"y": [1, 2], ...}, or records, [{"y": 1, ...}, ...].'
    raise WrongType(message, Fault(message, pointer=DATA))


def _table_of_columns(data: dict[str, Json], limits: Limits) -> Table:
    limits.admit_table(0, len(data))
    columns = {name: _cells(name, value) for name, value in data.items()}
    lengths = {name: len(cells) for name, cells in columns.items()}
    first = next(iter(lengths), "")
    for name, length in lengths.items():
        if length != lengths[first]:
            raise _lengths_differ(name, length, first, lengths[first])
    readers: dict[str, Reader] = {
        name: partial(_column, name, cells, by_record=False) for name, cells in columns.items()
    }
    return table_of(readers, lengths.get(first, 0), limits)


def _cells(name: str, value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    message = f"Column `{excerpt(name)}` must be a list of cells."
    raise WrongType(message, Fault(message, pointer=pointer_to(DATA, name), column=excerpt(name)))


def _lengths_differ(name: str, length: int, first: str, first_length: int) -> ColumnLengthsDiffer:
    message = f"Column `{excerpt(name)}` has {length} cells where column `{excerpt(first)}` has {first_length}."
    return ColumnLengthsDiffer(message, Fault(message, pointer=pointer_to(DATA, name), column=excerpt(name)))


def _table_of_records(records: list[Json], limits: Limits) -> Table:
    rows = [record for record in records if isinstance(record, dict)]
    if len(rows) < len(records):
        row = next(row for row, record in enumerate(records) if not isinstance(record, dict))
        message = f"Record {row} is not an object."
        raise WrongType(message, Fault(message, pointer=pointer_to(DATA, row), row=row))
    names = dict.fromkeys(chain.from_iterable(rows))
    # Before any column is made: a million records may have a million different names.
    limits.admit_table(len(rows), len(names))
    readers: dict[str, Reader] = {
        name: partial(_column, name, [row.get(name) for row in rows], by_record=True) for name in names
    }
    return table_of(readers, len(rows), limits)


def _column(name: str, cells: list[Json], *, by_record: bool) -> Column:
    """The column of these cells, of the kind they all have; raises `WrongType` if they have several."""
    kinds = set(map(type, cells)) - {NoneType}
    if not kinds:
        return all_missing(len(cells))
    if kinds <= {int, float}:
        numbers = _numbers(name, cells)
        if kinds == {int} and not are_exact(numbers.values) and _may_be_identifiers(cells):
            return categorical_of_texts([None if cell is None else str(cell) for cell in cells])
        return numbers
    if kinds == {bool}:
        return Logical(np.array(cells, dtype=np.float64))
    if kinds == {str}:
        return categorical_of_texts(cast("list[str | None]", cells))
    raise _mixed(name, cells, by_record=by_record)


def _may_be_identifiers(cells: list[Json]) -> bool:
    """Whether all whole numbers among these, the others being null, are small enough to be identifiers."""
    return all(abs(cell) < BEYOND_IDENTIFIERS for cell in cells if isinstance(cell, int))


def _numbers(name: str, cells: list[Json]) -> Numeric:
    try:
        return numeric(name, np.array(cells, dtype=np.float64))
    except OverflowError:
        # JSON bounds no whole number; the parser lets those of a few hundred digits through.
        row = next(row for row, cell in enumerate(cells) if isinstance(cell, int) and abs(cell) > sys.float_info.max)
        message = f"Column `{excerpt(name)}` has a number beyond the range of double precision in row {row}."
        raise NotFinite(message, Fault(message, column=excerpt(name), row=row)) from None


def _mixed(name: str, cells: list[Json], *, by_record: bool) -> WrongType:
    """The error for cells of several kinds: those of the commonest kind are taken to be right."""
    counts = Counter(_KINDS[type(cell)] for cell in cells if cell is not None)
    right = next((kind for kind, _ in counts.most_common() if kind in _ALL_OF), None)
    wrong = [row for row, cell in enumerate(cells) if cell is not None and _KINDS[type(cell)] != right]
    row, cell = wrong[0], cells[wrong[0]]
    expected = "numbers, text or truth values" if right is None else f"all {_ALL_OF[right]}"
    found = _KINDS[type(cell)] + (f" ({excerpt(str(cell))})" if isinstance(cell, str | int | float) else "")
    message = (
        f"Column `{excerpt(name)}` must be {expected}, with null where a cell is missing. "
        f"Cells of another kind: {len(wrong)} of {len(cells)}, the first in row {row}, {found}."
    )
    pointer = pointer_to(DATA, row, name) if by_record else pointer_to(DATA, name, row)
    return WrongType(message, Fault(message, pointer=pointer, column=excerpt(name), row=row))
