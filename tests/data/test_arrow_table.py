import datetime
import io
from decimal import Decimal
from typing import Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.data.arrow_table import read_arrow, table_of_arrow
from service.data.limits import Limits
from service.errors import ServiceError
from tests.data.tables import LIMITS, Cell, cells_of, read_parquet

Array: TypeAlias = "pa.Array[pa.Scalar[pa.DataType]]"

NOON = datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.UTC)

TYPES: dict[str, tuple[Array, str, list[Cell]]] = {
    "int8": (pa.array([1, None], pa.int8()), "Numeric", [1, None]),
    "uint64": (pa.array([1, 2**53 - 1], pa.uint64()), "Numeric", [1, 2.0**53 - 1]),
    "from 2^53 on": (pa.array([2**53, None, -1]), "Categorical", [str(2**53), None, "-1"]),
    "half": (pa.array([1.5, None], pa.float16()), "Numeric", [1.5, None]),
    "single": (pa.array([1.5, None], pa.float32()), "Numeric", [1.5, None]),
    "NaN is missing": (pa.array([1.5, float("nan")]), "Numeric", [1.5, None]),
    "decimal": (pa.array([Decimal("1.25"), None]), "Numeric", [1.25, None]),
    "truth": (pa.array([True, None, False]), "Logical", [1, None, 0]),
    "null": (pa.nulls(2), "Numeric", [None, None]),
    "text": (pa.array(["b", None, "é"]), "Categorical", ["b", None, "é"]),
    "large text": (pa.array(["b", None], pa.large_string()), "Categorical", ["b", None]),
    "text view": (pa.array(["b", None], pa.string_view()), "Categorical", ["b", None]),
    "dictionary": (pa.array(["b", None, "a"]).dictionary_encode(), "Categorical", ["b", None, "a"]),
    "unsigned dictionary": (
        pa.DictionaryArray.from_arrays(pa.array([1, None], pa.uint8()), pa.array(["a", "b"])),
        "Categorical",
        ["b", None],
    ),
    "null in a dictionary": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array([None, "b"])),
        "Categorical",
        [None, "b"],
    ),
    "dictionary of numbers": (pa.array([3, None, 20]).dictionary_encode(), "Categorical", ["3", None, "20"]),
    "dictionary of doubles": (pa.array([3.0, 0.5]).dictionary_encode(), "Categorical", ["3", "0.5"]),
    "dictionary of halves": (
        pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([0.5], pa.float16())),
        "Categorical",
        ["0.5"],
    ),
    "dictionary of truth": (pa.array([True, False]).dictionary_encode(), "Categorical", ["true", "false"]),
    "date": (pa.array([NOON.date(), None]), "Categorical", ["2024-01-31", None]),
    "time": (pa.array([NOON.time()], pa.time32("s")), "Categorical", ["12:00:00"]),
    "timestamp": (pa.array([NOON.replace(tzinfo=None)], pa.timestamp("s")), "Categorical", ["2024-01-31 12:00:00"]),
    "timestamp in a zone": (
        pa.array([NOON], pa.timestamp("s", "Nowhere/Unknown")),
        "Categorical",
        ["2024-01-31 12:00:00"],
    ),
}

REFUSED: dict[str, Array] = {
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}]),
    "bytes": pa.array([b"a"]),
    "dictionary of bytes": pa.array([b"a"]).dictionary_encode(),
    "duration": pa.array([datetime.timedelta(1)]),
}


@pytest.mark.parametrize(("cells", "kind", "expected"), TYPES.values(), ids=TYPES.keys())
def test_reads_every_type_with_a_place_in_a_model(cells: Array, kind: str, expected: list[Cell]) -> None:
    column = table_of_arrow(pa.table({"x": cells}), LIMITS).columns["x"]
    assert type(column).__name__ == kind
    assert cells_of(column) == expected


@pytest.mark.parametrize("cells", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_other_types_once_they_are_used(cells: Array) -> None:
    table = table_of_arrow(pa.table({"x": cells}), LIMITS)
    with pytest.raises(ServiceError) as caught:
        table.columns["x"]
    assert (caught.value.code, caught.value.faults[0].column) == ("wrong_type", "x")


def test_infinity_is_refused_with_its_row() -> None:
    table = table_of_arrow(pa.table({"x": [1.0, None, float("-inf")]}), LIMITS)
    with pytest.raises(ServiceError) as caught:
        table.columns["x"]
    assert (caught.value.code, caught.value.faults[0].row) == ("not_finite", 2)


def test_chunks_with_dictionaries_of_their_own_become_one_column() -> None:
    chunks = pa.chunked_array([pa.array(["b", "a"]).dictionary_encode(), pa.array(["c", "b"]).dictionary_encode()])
    column = table_of_arrow(pa.table({"g": chunks}), LIMITS).columns["g"]
    assert cells_of(column) == ["b", "a", "c", "b"]


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(ServiceError, match="Two columns are called `x`"):
        table_of_arrow(twice, LIMITS)


TABLE = pa.table({"y": [1.5, None, 3.0] * 50, "g": ["b", None, "é"] * 50})


def stream_of(table: pa.Table, compression: Literal["zstd"] | None = None) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue()


def file_of(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=40)
    return sink.getvalue()


def parquet_of(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=max(table.num_rows // 2, 1))
    return sink.getvalue()


@pytest.mark.parametrize("content", [stream_of(TABLE), stream_of(TABLE, "zstd"), file_of(TABLE)])
def test_arrow_streams_and_files_are_read(content: bytes) -> None:
    assert cells_of(read_arrow(content, LIMITS).columns["g"]) == ["b", None, "é"] * 50


def test_parquet_is_read() -> None:
    assert cells_of(read_parquet(parquet_of(TABLE), LIMITS).columns["g"]) == ["b", None, "é"] * 50


@pytest.mark.parametrize("content", [b"", b"ARROW1", b"\xff\xff\xff\xff", b"y,x\n1,2\n", stream_of(TABLE)[:-300]])
def test_what_is_no_arrow_is_refused(content: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        read_arrow(content, LIMITS)
    assert caught.value.code == "malformed_body"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 10, parquet_of(TABLE)[:-20]])
def test_what_is_no_parquet_is_refused(content: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        read_parquet(content, LIMITS)
    assert caught.value.code == "malformed_body"


def test_an_empty_table_has_no_observations() -> None:
    with pytest.raises(ServiceError) as caught:
        read_parquet(parquet_of(TABLE.slice(0, 0)), LIMITS)
    assert caught.value.code == "no_observations"


def test_bombs_are_refused_before_they_go_off() -> None:
    zeros = pa.table({"x": pa.array([0.0]).take(pa.array([0] * 90_000))})
    small = Limits(max_bytes=100_000, max_rows=100_000, max_columns=10)
    for content, read in [(stream_of(zeros, "zstd"), read_arrow), (parquet_of(zeros), read_parquet)]:
        assert len(content) < 10_000
        with pytest.raises(ServiceError) as caught:
            read(content, small)
        assert caught.value.code == "body_too_large"


def test_a_stream_that_promises_more_than_memory_holds_is_refused() -> None:
    promised = (8 * TABLE.num_rows).to_bytes(8, "little")
    with pytest.raises(ServiceError) as caught:
        read_arrow(stream_of(TABLE, "zstd").replace(promised, (2**60).to_bytes(8, "little")), LIMITS)
    assert caught.value.code == "body_too_large"


def test_a_column_of_nulls_takes_no_bytes_and_is_still_counted() -> None:
    with pytest.raises(ServiceError) as caught:
        read_arrow(stream_of(pa.table({"x": pa.nulls(200_000)})), LIMITS)
    assert caught.value.code == "body_too_large"


def test_a_long_label_repeated_in_parquet_is_kept_once() -> None:
    labels = pa.DictionaryArray.from_arrays(pa.array([0] * 90_000), pa.array(["g" * 100_000]))
    sink = io.BytesIO()
    pq.write_table(pa.table({"g": labels}), sink, store_schema=False)
    before = pa.total_allocated_bytes()
    table = read_parquet(sink.getvalue(), LIMITS)
    # 9 GB if every row's label were written out; now one label, and a code of four bytes and a bit per row.
    assert pa.total_allocated_bytes() - before < 2_000_000
    assert cells_of(table.columns["g"])[-1] == "g" * 100_000
