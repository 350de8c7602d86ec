"""The rows of a Parquet file in batches, for tables that are not to be held: some megabytes, whatever their size.

A column is looked through once, when it is first used: that settles what kind it has over the whole file, the levels
of labels, and its digest. Labels are read then and never again: their codes are kept on disk, four bytes a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from service.arrays import Codes
from service.data.arrow_table import Kind, are_exact, doubles_of, kind_of, named_failures
from service.data.columns import Columns, Reader, numeric
from service.data.fingerprint import ColumnDigest
from service.data.growing_labels import GrowingLabels
from service.data.labels import Array, Cells
from service.data.parquet_table import WHAT
from service.data.scratch import Scratch
from service.data.table import Categorical, Column, Logical, Numeric, Table

_ROWS = 2**19
"""Rows of a single column looked at together."""

_NO_NUMBERS = np.empty(0)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A column of numbers or truth values, read from the file whenever its cells are wanted."""

    name: str
    kind: Kind

    def cells(self, cells: Cells, first_row: int) -> Numeric | Logical:
        """The column of these cells; raises `NotFinite` with the row of the table."""
        if self.kind is Kind.NOTHING:
            return Numeric(np.full(len(cells), np.nan))
        values = doubles_of(cells)
        return Logical(values) if self.kind is Kind.TRUTH else numeric(self.name, values, first_row)


@dataclass(frozen=True, slots=True)
class _Labels:
    """A column of labels: `places` keeps what each row has, `code_of` (labels + 1,) says which level that is."""

    places: Scratch
    code_of: Codes
    levels: tuple[str, ...]

    def cells(self, first_row: int, n_rows: int) -> Categorical:
        """The labels of these rows; the last of `code_of` says that one is missing."""
        return Categorical(self.code_of[self.places.read(first_row, n_rows)], self.levels)


class ParquetRows:
    """The rows of an open Parquet file, as `Rows` are asked for them; the codes of labels are kept in `folder`."""

    __slots__ = ("_digests", "_file", "_folder", "_sources", "n_rows", "outline")

    def __init__(self, file: pq.ParquetFile, folder: Path | None = None) -> None:
        self._file = file
        self._folder = folder
        self._sources: dict[str, _Numbers | _Labels] = {}
        self._digests: dict[str, bytes] = {}
        self.n_rows: int = file.metadata.num_rows
        readers: dict[str, Reader] = {name: partial(self._look_through, name) for name in file.schema_arrow.names}
        self.outline = Table(Columns(readers), 0)

    def batches(self, names: Sequence[str], most_rows: int) -> Iterator[Table]:
        """These columns of all rows, in their order, in tables of `most_rows` rows or fewer."""
        sources = {name: self._source(name) for name in names}
        numbers = [name for name, source in sources.items() if isinstance(source, _Numbers)]
        for first_row, n_rows, cells in self._read(numbers, most_rows):
            columns: dict[str, Column] = {
                name: source.cells(first_row, n_rows)
                if isinstance(source, _Labels)
                else source.cells(cells[name], first_row)
                for name, source in sources.items()
            }
            yield Table(columns, n_rows, first_row)

    def digest(self, name: str) -> bytes:
        """The digest of a column, the same as in memory."""
        self._source(name)
        return self._digests[name]

    def _source(self, name: str) -> _Numbers | _Labels:
        """Where the cells of a column come from; raises KeyError if there is none."""
        _ = self.outline.columns[name]
        return self._sources[name]

    def _look_through(self, name: str) -> Column:
        """The outline of a column; raises `WrongType`, `NotFinite` and `MalformedBody` as it would in memory."""
        kind = kind_of(name, self._file.schema_arrow.field(name).type)
        if kind is Kind.LABEL or (kind is Kind.WHOLE_NUMBER and not self._is_exact(name)):
            return self._look_through_labels(name)
        return self._look_through_numbers(_Numbers(name, kind))

    def _is_exact(self, name: str) -> bool:
        return all(are_exact(doubles_of(cells[name])) for _, _, cells in self._read([name], _ROWS))

    def _look_through_numbers(self, source: _Numbers) -> Column:
        outline = Logical(_NO_NUMBERS) if source.kind is Kind.TRUTH else Numeric(_NO_NUMBERS)
        digest = ColumnDigest(outline, self.n_rows)
        for first_row, _, cells in self._read([source.name], _ROWS):
            digest.update(source.cells(cells[source.name], first_row))
        self._sources[source.name], self._digests[source.name] = source, digest.result()
        return outline

    def _look_through_labels(self, name: str) -> Column:
        source = self._labels(name)
        outline = Categorical(np.empty(0, dtype=np.intp), source.levels)
        digest = ColumnDigest(outline, self.n_rows)
        for first_row in range(0, self.n_rows, _ROWS):
            digest.update(source.cells(first_row, min(_ROWS, self.n_rows - first_row)))
        self._sources[name], self._digests[name] = source, digest.result()
        return outline

    def _labels(self, name: str) -> _Labels:
        """The labels of a column, all of it read."""
        labels, places = GrowingLabels(), Scratch(self._folder)
        waiting: list[Array] = []
        for first_row, n_rows, cells in self._read([name], _ROWS):
            waiting += cells[name].chunks
            is_last = first_row + n_rows == self.n_rows
            if is_last or sum(map(len, waiting)) >= labels.worthwhile:
                with named_failures(WHAT):
                    found = labels.places(pa.chunked_array(waiting))
                places.append(found)
                waiting = []
        levels, code_of = labels.levels()
        return _Labels(places, code_of, levels)

    def _read(self, names: Sequence[str], most_rows: int) -> Iterator[tuple[int, int, dict[str, Cells]]]:
        """The first row, the number of rows and these columns of each batch; raises `MalformedBody` for damage."""
        first_row = 0
        for batch in self._batches(names, most_rows):
            with named_failures(WHAT):
                batch.validate(full=True)
                cells = {name: pa.chunked_array([batch.column(name)]) for name in names}
            yield first_row, batch.num_rows, cells
            first_row += batch.num_rows
        with named_failures(WHAT):
            if first_row != self.n_rows:
                raise ValueError("a column has more or fewer rows than the file")

    def _batches(self, names: Sequence[str], most_rows: int) -> Iterator[pa.RecordBatch]:
        """The batches as they are in the file."""
        batches = self._file.iter_batches(most_rows, columns=list(names), use_threads=False)
        while True:
            with named_failures(WHAT):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch
