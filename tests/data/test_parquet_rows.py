"""A Parquet file in batches holds what it holds as a whole."""

import datetime
import gc
import io
import weakref
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.data import Categorical, Column, Limits, Logical, Numeric, Table, fingerprint, parquet_columns
from service.data.labels import Array
from service.data.parquet_rows import ParquetRows
from service.data.parquet_table import open_parquet, parquet_table
from service.errors import ServiceError
from tests.data.tables import LIMITS, cells_of

NOON = datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.UTC)
N = 60


def often(*cells: object) -> list[Any]:  # Any: cells of any type
    return [cells[row % len(cells)] for row in range(N)]


COLUMNS: dict[str, Array] = {
    "double": pa.array(often(1.5, None, -2.0, float("nan"))),
    "single": pa.array(often(1.5, None), pa.float32()),
    "half": pa.array(often(1.5, None), pa.float16()),
    "integer": pa.array(often(3, None, -1)),
    "unsigned": pa.array(often(3, 2**53 - 1), pa.uint64()),
    "decimal": pa.array(often(Decimal("1.25"), None)),
    "truth": pa.array(often(True, None, False)),
    "nothing": pa.nulls(N),
    "text": pa.array(often("b", None, "é", "a")),
    "large text": pa.array(often("b", None), pa.large_string()),
    "text view": pa.array(often("b", None), pa.string_view()),
    "factor": pa.array(often("b", None, "a")).dictionary_encode(),
    "date": pa.array(often(NOON.date(), None)),
    "time": pa.array(often(NOON.time()), pa.time32("s")),
    "timestamp": pa.array(often(NOON, None), pa.timestamp("us", "Nowhere/Unknown")),
    "identifier": pa.array([*often(5, None)[:-1], 2**53]),
    "a label late": pa.array([*often("b", "a")[:-1], "late"]),
    "x.y": pa.array(often(1.0, 2.0)),
    "x": pa.array(often("p", "q", "r")),
}


def written(table: pa.Table, rows_per_group: int = N, **how: Any) -> bytes:  # Any: of write_table
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, **how) as writer:
        for start in range(0, table.num_rows, rows_per_group):
            writer.write_table(table.slice(start, rows_per_group))
            writer.write_table(table.slice(0, 0))  # a group without rows
    return sink.getvalue()


def rows_and_table(content: bytes, limits: Limits = LIMITS) -> tuple[ParquetRows, Table]:
    return ParquetRows(open_parquet(content, limits)), parquet_table(open_parquet(content, limits), limits)


def joined(parts: list[Column]) -> Column:
    first = parts[0]
    if isinstance(first, Categorical):
        return Categorical(
            np.concatenate([part.codes for part in parts if isinstance(part, Categorical)]), first.levels
        )
    values = np.concatenate([part.values for part in parts if not isinstance(part, Categorical)])
    return Logical(values) if isinstance(first, Logical) else Numeric(values)


HOW: dict[str, tuple[int, dict[str, Any]]] = {
    "one group": (N, {}),
    "groups of 7": (7, {}),
    "groups of 1": (1, {}),
    "without dictionaries": (25, {"use_dictionary": False}),
    "dictionaries that are given up": (25, {"dictionary_pagesize_limit": 8}),
    "without Arrow's schema": (25, {"store_schema": False}),
    "small pages": (N, {"data_page_size": 16, "data_page_version": "2.0", "compression": "zstd"}),
}


@pytest.mark.parametrize(("rows_per_group", "how"), HOW.values(), ids=HOW.keys())
@pytest.mark.parametrize("most_rows", [1, 7, 25, 1000])
def test_batches_hold_what_the_file_holds(
    rows_per_group: int, how: dict[str, Any], most_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_columns, "ROWS", most_rows)
    rows, table = rows_and_table(written(pa.table(COLUMNS), rows_per_group, **how))
    batches = list(rows.batches(list(COLUMNS), most_rows))
    assert max(batch.n_rows for batch in batches) <= most_rows
    assert [batch.first_row for batch in batches] == np.cumsum([0, *(batch.n_rows for batch in batches)])[:-1].tolist()
    assert rows.n_rows == table.n_rows == N
    for name, column in table.columns.items():
        whole = joined([batch.columns[name] for batch in batches])
        assert type(whole) is type(column)
        assert type(rows.outline.columns[name]) is type(column)
        assert cells_of(whole) == cells_of(column)
        assert cells_of(rows.outline.columns[name]) == []
        assert fingerprint(rows, [name]) == fingerprint(table, [name])
        if isinstance(column, Categorical):
            outline = rows.outline.columns[name]
            assert isinstance(outline, Categorical)
            assert outline.levels == column.levels


def test_each_pass_reads_the_columns_it_names_from_the_first_row() -> None:
    rows, _ = rows_and_table(written(pa.table(COLUMNS), 25))
    labels, numbers = rows.batches(["text"], 10), rows.batches(["double", "factor"], 7)
    assert list(next(labels).columns) == ["text"]
    assert list(next(numbers).columns) == ["double", "factor"]
    assert next(labels).first_row == 10
    assert next(numbers).first_row == 7
    assert next(rows.batches(["text"], 10)).first_row == 0


Batch = list[tuple[float | None, str | None, bool | None]]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.none() | st.floats(-1e3, 1e3), st.none() | st.text(max_size=2), st.none() | st.booleans()),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_any_table_is_the_same_in_any_batches(cells: Batch, rows_per_group: int, most_rows: int) -> None:
    numbers, texts, truths = zip(*cells, strict=True)
    table = pa.table(
        {"x": pa.array(numbers, pa.float64()), "g": pa.array(texts, pa.string()), "t": pa.array(truths, pa.bool_())}
    )
    rows, whole = rows_and_table(written(table, rows_per_group))
    batches = list(rows.batches(["x", "g", "t"], most_rows))
    for name, column in whole.columns.items():
        assert cells_of(joined([batch.columns[name] for batch in batches])) == cells_of(column)
    assert fingerprint(rows, "xgt") == fingerprint(whole, "xgt")


class Bad(NamedTuple):
    cells: Array
    code: str
    row: int | None = None


BAD = {
    "lists": Bad(pa.array(often([1])), "wrong_type"),
    "structs": Bad(pa.array(often({"a": 1})), "wrong_type"),
    "bytes": Bad(pa.array(often(b"a")), "wrong_type"),
    "infinity": Bad(pa.array([*often(1.0)[:-8], *[float("-inf")] * 8]), "not_finite", N - 8),
    "text that is none": Bad(
        pa.Array.from_buffers(
            pa.string(), N, [None, *pa.array(["é"] * N).buffers()[1:2], pa.py_buffer(b"\xff" * 2 * N)]
        ),
        "malformed_body",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_column_that_cannot_be_is_refused_as_in_memory_and_only_when_it_is_used(
    bad: Bad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_columns, "ROWS", 7)
    rows, table = rows_and_table(written(pa.table({"x": bad.cells, "y": pa.array(often(1.0))}), 25))
    assert cells_of(next(rows.batches(["y"], 1000)).columns["y"])[0] == 1.0
    with pytest.raises(ServiceError) as caught:
        rows.outline.columns["x"]
    with pytest.raises(ServiceError) as expected:
        table.columns["x"]
    assert (caught.value.code, caught.value.detail, caught.value.faults) == (
        expected.value.code,
        expected.value.detail,
        expected.value.faults,
    )
    assert caught.value.code == bad.code
    assert [fault.row for fault in caught.value.faults] == [bad.row]


def test_damage_is_found_in_whatever_batch_it_is() -> None:
    table = pa.table({"x": pa.array(np.random.default_rng(1).normal(size=5000)), "g": pa.array(["g"] * 5000)})
    content = bytearray(written(table, 1000, compression="gzip"))
    place = len(content) * 3 // 4
    content[place : place + 64] = bytes(64)
    rows, whole = rows_and_table(bytes(content))
    for columns in (rows.outline.columns, whole.columns):
        with pytest.raises(ServiceError) as caught:
            _ = columns["x"]
        assert caught.value.code == "malformed_body"


def test_a_name_that_is_no_column_is_a_key_error() -> None:
    rows, _ = rows_and_table(written(pa.table({"x": [1.0]})))
    assert rows.outline.columns.get("y") is None
    with pytest.raises(KeyError):
        next(rows.batches(["y"], 10))
    with pytest.raises(KeyError):
        rows.digest("y")


def test_a_long_label_repeated_is_held_once() -> None:
    labels = pa.DictionaryArray.from_arrays(pa.array([0] * 90_000), pa.array(["g" * 100_000]))
    rows = ParquetRows(open_parquet(written(pa.table({"g": labels}), 90_000, store_schema=False), LIMITS))
    before = pa.total_allocated_bytes()
    column = rows.outline.columns["g"]
    assert isinstance(column, Categorical)
    assert column.levels == ("g" * 100_000,)
    assert pa.total_allocated_bytes() - before < 2_000_000


def test_the_file_is_let_go_with_the_last_who_reads_it() -> None:
    rows, table = rows_and_table(written(pa.table({"x": [1.0, 2.0], "g": ["a", "b"]})))
    list(rows.batches(["x", "g"], 1))
    assert cells_of(table.columns["x"]) == [1.0, 2.0]
    gone = weakref.ref(rows)
    gc.disable()
    try:
        del rows
        # A cycle would keep a body that was removed on the disk until somebody collects.
        assert gone() is None
    finally:
        gc.enable()
