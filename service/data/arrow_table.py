"""From an Arrow table to a `Table`, and from the bytes of an Arrow stream, an Arrow file or Parquet.

Numbers of every width become doubles, truth values logical, text and dictionaries categorical; dates and times become
labels, as R's `factor()` would make them. Whole numbers that reach 2^53 are read as labels (see `labels`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from service.data.columns import Reader, all_missing, numeric, refuse_repeated, table_of
from service.data.labels import LARGEST_EXACT, Cells, categorical_of_arrow
from service.data.limits import Limits
from service.data.table import Column, Logical, Table
from service.errors import BodyTooLarge, Fault, MalformedBody, WrongType
from service.quoting import excerpt

_FILE_BEGINNING = b"ARROW1"
_NAMEABLE = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)


def read_arrow(content: bytes, limits: Limits) -> Table:
    """The table of an Arrow IPC stream or file; raises `MalformedBody` if it is neither."""
    with _named_failures("an Arrow stream or file"):
        batches, schema = _batches(pa.BufferReader(content), is_file=content.startswith(_FILE_BEGINNING))
        table = pa.Table.from_batches(_admitted(batches, limits), schema)
        return table_of_arrow(table, limits)


def _batches(source: pa.BufferReader, *, is_file: bool) -> tuple[Iterator[pa.RecordBatch], pa.Schema]:
    if not is_file:
        stream = pa.ipc.open_stream(source)
        return iter(stream), stream.schema
    file = pa.ipc.open_file(source)
    return (file.get_batch(i) for i in range(file.num_record_batches)), file.schema


def _admitted(batches: Iterator[pa.RecordBatch], limits: Limits) -> Iterator[pa.RecordBatch]:
    """The batches, as long as they are sound and hold, once decompressed, no more rows and bytes than the limits."""
    n_rows = n_bytes = 0
    for batch in batches:
        # Arrow trusts what it reads: an offset that points outside its buffer is found here, or ends the process.
        batch.validate(full=True)
        n_rows += batch.num_rows
        n_bytes += batch.nbytes
        limits.admit_table(n_rows, batch.num_columns)
        limits.admit_bytes(n_bytes)
        yield batch


def read_parquet(content: bytes, limits: Limits) -> Table:
    """The table of a Parquet file; raises `MalformedBody` if it is none."""
    with _named_failures("a Parquet file"):
        file = pq.ParquetFile(pa.BufferReader(content))
        metadata, schema = file.metadata, file.schema_arrow
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        n_rows = sum(group.num_rows for group in groups)
        limits.admit_table(n_rows, len(schema))
        # Run lengths let a kilobyte stand for any number of rows.
        limits.admit_bytes(max(8 * n_rows * len(schema), sum(group.total_byte_size for group in groups)))
        # Text stays a dictionary, or a long label repeated a million times would be written out a million times.
        text = [field.name for field in schema if _is_text(field.type)]
        table = pq.ParquetFile(pa.BufferReader(content), read_dictionary=text).read(use_threads=False)
        table.validate(full=True)
        return table_of_arrow(table, limits)


@contextmanager
def _named_failures(what: str) -> Iterator[None]:
    """Turn what PyArrow raises into a `MalformedBody`, without its words: they quote the body."""
    try:
        yield
    except MemoryError:
        raise BodyTooLarge(f"The body, as {what}, needs more memory than there is.") from None
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, EOFError):
        message = f"The body is not {what} that can be read; it may be damaged or cut short."
        raise MalformedBody(message, Fault(message, pointer="/data")) from None


def table_of_arrow(table: pa.Table, limits: Limits) -> Table:
    """The table of these columns; raises `MalformedBody` if two have one name."""
    refuse_repeated(table.column_names)
    readers: dict[str, Reader] = {
        name: partial(_column, name, cells) for name, cells in zip(table.column_names, table.columns, strict=True)
    }
    return table_of(readers, table.num_rows, limits)


def _column(name: str, cells: Cells) -> Column:
    """The column of these cells; raises `WrongType` for types without a place in a model."""
    kind = cells.type
    if pa.types.is_null(kind):
        return all_missing(len(cells))
    if pa.types.is_boolean(kind):
        return Logical(cells.cast(pa.float64()).to_numpy())
    if pa.types.is_integer(kind):
        return _whole_numbers(name, cells)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return numeric(name, cells.cast(pa.float64()).to_numpy())
    if pa.types.is_timestamp(kind):
        # Labels in universal time need no database of time zones.
        return categorical_of_arrow(cells.cast(pa.timestamp(kind.unit)))
    if _is_label(kind) or _is_factor(kind):
        return categorical_of_arrow(cells)
    message = f"Column `{excerpt(name)}` holds neither numbers, text, truth values nor dates."
    raise WrongType(message, Fault(message, pointer="/data", column=excerpt(name)))


def _whole_numbers(name: str, cells: Cells) -> Column:
    values = cells.cast(pa.float64(), safe=False).to_numpy()
    return categorical_of_arrow(cells) if np.any(np.abs(values) > LARGEST_EXACT) else numeric(name, values)


def _is_label(kind: pa.DataType) -> bool:
    return _is_text(kind) or pa.types.is_date(kind) or pa.types.is_time(kind)


def _is_factor(kind: pa.DataType) -> bool:
    """Whether the type is a dictionary of what can be a label: a factor to whoever sent it, even one of numbers."""
    if not pa.types.is_dictionary(kind):
        return False
    values = kind.value_type
    return _is_label(values) or any(is_kind(values) for is_kind in _NAMEABLE)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
