"""From an Arrow table to a `Table`, and from the bytes of an Arrow stream or file.

Numbers of every width become doubles, truth values logical, text and dictionaries categorical; dates and times become
labels, as R's `factor()` would make them. Whole numbers that reach 2^53 are read as labels (see `labels`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial

import pyarrow as pa

from service.arrays import Vector
from service.data.columns import Reader, all_missing, numeric, refuse_repeated, table_of
from service.data.labels import Cells, are_exact, categorical_of_arrow
from service.data.limits import Limits
from service.data.table import Column, Logical, Table
from service.errors import BodyTooLarge, Fault, MalformedBody, WrongType
from service.quoting import excerpt

_FILE_BEGINNING = b"ARROW1"
_NAMEABLE = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)


class Kind(Enum):
    """What the cells of an Arrow type become."""

    NOTHING = auto()
    TRUTH = auto()
    WHOLE_NUMBER = auto()
    NUMBER = auto()
    LABEL = auto()


def read_arrow(content: bytes, limits: Limits) -> Table:
    """The table of an Arrow IPC stream or file; raises `MalformedBody` if it is neither."""
    with named_failures("an Arrow stream or file"):
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


@contextmanager
def named_failures(what: str) -> Iterator[None]:
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
        name: partial(column_of, name, cells) for name, cells in zip(table.column_names, table.columns, strict=True)
    }
    return table_of(readers, table.num_rows, limits)


def column_of(name: str, cells: Cells) -> Column:
    """The column of these cells; raises `WrongType` and `NotFinite` for what has no place in a model."""
    match kind_of(name, cells.type):
        case Kind.NOTHING:
            return all_missing(len(cells))
        case Kind.TRUTH:
            return Logical(doubles_of(cells))
        case Kind.NUMBER:
            return numeric(name, doubles_of(cells))
        case Kind.WHOLE_NUMBER:
            values = doubles_of(cells)
            return numeric(name, values) if are_exact(values) else categorical_of_arrow(cells)
        case Kind.LABEL:
            return categorical_of_arrow(cells)


def kind_of(name: str, type: pa.DataType) -> Kind:
    """What the cells of a column become; raises `WrongType` for types without a place in a model."""
    if pa.types.is_null(type):
        return Kind.NOTHING
    if pa.types.is_boolean(type):
        return Kind.TRUTH
    if pa.types.is_integer(type):
        return Kind.WHOLE_NUMBER
    if pa.types.is_floating(type) or pa.types.is_decimal(type):
        return Kind.NUMBER
    if _is_label(type) or pa.types.is_timestamp(type) or _is_factor(type):
        return Kind.LABEL
    message = f"Column `{excerpt(name)}` holds neither numbers, text, truth values nor dates."
    raise WrongType(message, Fault(message, pointer="/data", column=excerpt(name)))


def doubles_of(cells: Cells) -> Vector:
    """The cells (n,) as doubles, NaN where they are null."""
    values: Vector = cells.cast(pa.float64(), safe=False).to_numpy()
    return values


def is_text(kind: pa.DataType) -> bool:
    """Whether the type is one of Arrow's for text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_label(kind: pa.DataType) -> bool:
    return is_text(kind) or pa.types.is_date(kind) or pa.types.is_time(kind)


def _is_factor(kind: pa.DataType) -> bool:
    """Whether the type is a dictionary of what can be a label: a factor to whoever sent it, even one of numbers."""
    if not pa.types.is_dictionary(kind):
        return False
    values = kind.value_type
    return _is_label(values) or any(is_kind(values) for is_kind in _NAMEABLE)
