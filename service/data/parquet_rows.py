"""The rows of a Parquet file in batches, for tables that are not to be held: some megabytes, whatever their size."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from service.data.columns import Columns, Reader
from service.data.parquet_columns import Numbers, ParquetColumns
from service.data.table import Table


class ParquetRows:
    """The rows of an open Parquet file, as `Rows` are asked for them; the codes of labels are kept in `folder`."""

    __slots__ = ("__weakref__", "_columns", "n_rows", "outline")

    def __init__(self, file: pq.ParquetFile, folder: Path | None = None) -> None:
        self._columns = ParquetColumns(file, folder)
        self.n_rows = self._columns.n_rows
        readers: dict[str, Reader] = {name: partial(self._columns.outline, name) for name in self._columns.names}
        self.outline = Table(Columns(readers), 0)

    def batches(self, names: Sequence[str], most_rows: int) -> Iterator[Table]:
        """These columns of all rows, in their order, in tables of `most_rows` rows or fewer."""
        sources = {name: self._columns.known(name)[0] for name in names}
        read_again = [name for name, source in sources.items() if isinstance(source, Numbers)]
        for batch in self._columns.read(read_again, most_rows):
            columns = {name: source.column(batch) for name, source in sources.items()}
            yield Table(columns, batch.n_rows, batch.first_row)

    def digest(self, name: str) -> bytes:
        """The digest of a column, the same as in memory."""
        return self._columns.known(name)[1]
