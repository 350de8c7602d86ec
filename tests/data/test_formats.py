"""One table, however it is sent, is one table."""

import csv
import io
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from service.data import Limits, Table, fingerprint
from service.data.arrow_table import read_arrow
from service.data.csv_table import read_csv
from service.data.json_table import read_json
from service.errors import ServiceError
from tests.data.tables import LIMITS, Cell, read_parquet

Columns = dict[str, list[Cell]]
Reader = Callable[[bytes, Limits], Table]

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
# What CSV cannot tell from a number, a truth value or nothing is left to the tests of CSV: every label has a letter
# that no number has. A carriage return within quotes is CSV, but Python's own writer and reader disagree about it.
LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5).map(lambda text: f"g{text}")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).map(lambda text: f"n{text}")


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Columns of one length, each of numbers, labels or truth values, some missing, not all of a column's."""
    n_rows = draw(st.integers(1, 6))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    kinds: list[st.SearchStrategy[Cell]] = [NUMBERS, LABELS, st.booleans()]
    cells: Columns = {}
    for name in names:
        kind = draw(st.sampled_from(kinds))
        cells[name] = draw(st.lists(st.none() | kind, min_size=n_rows, max_size=n_rows))
        cells[name][draw(st.integers(0, n_rows - 1))] = draw(kind)
    return cells


def as_columns(cells: Columns) -> bytes:
    return json.dumps(cells).encode()


def as_records(cells: Columns) -> bytes:
    rows = zip(*cells.values(), strict=True)
    return json.dumps([dict(zip(cells, row, strict=True)) for row in rows], ensure_ascii=False).encode()


def as_sparse_records(cells: Columns) -> bytes:
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return json.dumps([{name: cell for name, cell in row.items() if cell is not None} for row in rows]).encode()


def as_csv(cells: Columns) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    writer.writerows(zip(*cells.values(), strict=True))
    return text.getvalue().encode()


def as_arrow(cells: Columns) -> bytes:
    table, sink = pa.table(dict(cells)), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_parquet(cells: Columns) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(cells)), sink)
    return sink.getvalue()


FORMATS: list[tuple[Callable[[Columns], bytes], Reader]] = [
    (as_records, read_json),
    (as_sparse_records, read_json),
    (as_csv, read_csv),
    (as_arrow, read_arrow),
    (as_parquet, read_parquet),
]
READERS: list[Reader] = [read_json, read_csv, read_arrow, read_parquet]


@settings(deadline=None)
@given(columns())
def test_every_format_carries_the_same_table(cells: Columns) -> None:
    expected = fingerprint(read_json(as_columns(cells), LIMITS), cells)
    for write, read in FORMATS:
        assert fingerprint(read(write(cells), LIMITS), cells) == expected, write.__name__


def read_all(read: Reader, content: bytes) -> None:
    """Read all columns, or be told why not: nothing but a `ServiceError` may come out."""
    try:
        table = read(content, LIMITS)
        for name in table.columns:
            fingerprint(table, [name])
    except ServiceError:
        pass


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "PAR1", "ARROW1", '{"a":', "a,b\n"]), st.sampled_from(READERS))
def test_random_bytes_are_refused_in_order(content: bytes, beginning: str, read: Reader) -> None:
    read_all(read, beginning.encode() + content)


@settings(deadline=None)
@given(columns(), st.sampled_from([(as_columns, read_json), *FORMATS]), st.data())
def test_damaged_bodies_are_refused_in_order(
    cells: Columns, form: tuple[Callable[[Columns], bytes], Reader], data: st.DataObject
) -> None:
    write, read = form
    content = bytearray(write(cells))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    read_all(read, bytes(content[: data.draw(st.integers(0, len(content)))]))
    read_all(read, bytes(content))
