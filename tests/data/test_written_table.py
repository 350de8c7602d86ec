"""A table is written so that what is read back is the same, to the last bit, in every form."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from service.data import as_arrow_stream, as_csv, as_records, make_arrow

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ROWS = st.lists(st.tuples(LABELS, st.integers(-(2**63), 2**63 - 1), st.none() | NUMBERS), max_size=8)
TYPES = {'a "label", quoted': str, "n": int, "x": float}

Row = tuple[str, int, float | None]


def table_of(rows: list[Row]) -> pa.Table:
    labels, counts, numbers = ([row[k] for row in rows] for k in range(3))
    columns = dict(zip(TYPES, (labels, counts, numbers), strict=True))
    return make_arrow(columns, TYPES)  # type: ignore[arg-type] # columns of three types in one mapping


@given(ROWS)
def test_an_arrow_stream(rows: list[Row]) -> None:
    read = pa.ipc.open_stream(as_arrow_stream(table_of(rows))).read_all()
    assert [str(field.type) for field in read.schema] == ["string", "int64", "double"]
    assert [tuple(row.values()) for row in read.to_pylist()] == rows


@given(ROWS)
def test_records(rows: list[Row]) -> None:
    read = json.loads(as_records(table_of(rows)))
    assert [tuple(row.values()) for row in read] == rows
    assert all(list(row) == list(TYPES) for row in read)


@given(ROWS)
def test_csv(rows: list[Row]) -> None:
    header, *lines = csv.reader(io.StringIO(as_csv(table_of(rows)).decode(), newline=""))
    assert header == list(TYPES)
    assert [(label, int(n), float(x) if x else None) for label, n, x in lines] == rows


def test_csv_is_rfc_4180s_and_tells_nothing_from_an_empty_label() -> None:
    table = make_arrow({"label": ["", 'a "b"', "c,\r\nd"], "x": [None, -0.0, 0.1]}, {"label": str, "x": float})
    assert as_csv(table) == b'"label","x"\r\n"",\r\n"a ""b""",-0.0\r\n"c,\r\nd",0.1\r\n'


def test_what_is_no_number_is_missing() -> None:
    table = make_arrow({"x": np.array([np.nan, np.inf, -np.inf, 1e300])}, {"x": float})
    assert table.column("x").to_pylist() == [None, None, None, 1e300]
