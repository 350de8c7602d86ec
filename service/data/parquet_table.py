"""From a Parquet file, on disk or in memory, to a `Table` of which only the columns in use are read."""

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.data.arrow_table import column_of, is_text, named_failures
from service.data.columns import Reader, refuse_repeated, table_of
from service.data.limits import Limits
from service.data.table import Column, Table

WHAT = "a Parquet file"

_PIECE = 2**20
"""Bytes of a column read at a time: a writer may have put all rows of a file into one piece."""


def open_parquet(source: Path | bytes, limits: Limits) -> pq.ParquetFile:
    """The Parquet file there, or whose bytes these are; raises `MalformedBody` if it is none.

    Raises `BodyTooLarge` if it promises more rows, columns or bytes than the limits.
    """
    with named_failures(WHAT):
        file = _opened(source, [])
        metadata, schema = file.metadata, file.schema_arrow
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        n_rows = sum(group.num_rows for group in groups)
        limits.admit_table(n_rows, len(schema))
        # Run lengths let a kilobyte stand for any number of rows.
        limits.admit_bytes(max(8 * n_rows * len(schema), sum(group.total_byte_size for group in groups)))
        # Text stays a dictionary, or a long label repeated a million times would be written out a million times.
        return _opened(source, [field.name for field in schema if is_text(field.type)])


def _opened(source: Path | bytes, dictionaries: list[str]) -> pq.ParquetFile:
    file = pa.BufferReader(source) if isinstance(source, bytes) else pa.OSFile(str(source), "r")
    # Reading ahead would keep all of a column that is read in pieces.
    return pq.ParquetFile(file, read_dictionary=dictionaries, pre_buffer=False, buffer_size=_PIECE)


def parquet_table(file: pq.ParquetFile, limits: Limits) -> Table:
    """The table of a file; a column is read as a whole when it is first used, and raises `MalformedBody` if damaged.

    Raises `MalformedBody` if two columns have one name, and as `table_of` for what is no table.
    """
    names = file.schema_arrow.names
    refuse_repeated(names)
    readers: dict[str, Reader] = {name: partial(_column, file, name) for name in names}
    return table_of(readers, file.metadata.num_rows, limits)


def _column(file: pq.ParquetFile, name: str) -> Column:
    with named_failures(WHAT):
        # A name with a dot is read for what it is and for the part of a nested column.
        cells = file.read(columns=[name], use_threads=False).column(name)
        cells.validate(full=True)
        if len(cells) != file.metadata.num_rows:
            raise ValueError("a column has more or fewer rows than the file")
    return column_of(name, cells)
