"""Tables as bytes: what other programs send."""

import io

import pyarrow as pa
import pyarrow.parquet as pq


def arrow(table: pa.Table) -> bytes:
    """The bytes of an Arrow stream."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def parquet(table: pa.Table) -> bytes:
    """The bytes of a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()
