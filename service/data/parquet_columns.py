"""The columns of a Parquet file, each looked through once: its kind over the whole file, its levels, and its digest.

Labels are read then and never again: their codes are kept on disk, four bytes a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from service.arrays import Codes
from service.data.arrow_table import Kind, doubles_of, kind_of, named_failures
from service.data.columns import numeric
from service.data.fingerprint import ColumnDigest
from service.data.growing_labels import GrowingLabels
from service.data.labels import Array, Cells, are_exact
from service.data.parquet_table import WHAT
from service.data.scratch import Scratch
from service.data.table import Categorical, Column, Logical, Numeric

ROWS = 2**19
"""Rows of a single column looked at together."""

_NO_NUMBERS = np.empty(0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: the number of the first, how many they are, and their cells in the columns that are read again."""

    first_row: int
    n_rows: int
    cells: dict[str, Cells]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers or truth values, read from the file whenever its cells are wanted."""

    name: str
    kind: Kind

    @property
    def outline(self) -> Numeric | Logical:
        """The column without a row."""
        return Logical(_NO_NUMBERS) if self.kind is Kind.TRUTH else Numeric(_NO_NUMBERS)

    def column(self, batch: Batch) -> Numeric | Logical:
        """The column in a batch; raises `NotFinite` with the row of the file."""
        if self.kind is Kind.NOTHING:
            return Numeric(np.full(batch.n_rows, np.nan))
        values = doubles_of(batch.cells[self.name])
        return Logical(values) if self.kind is Kind.TRUTH else numeric(self.name, values, batch.first_row)


@dataclass(frozen=True, slots=True)
class KeptLabels:
    """A column of labels: `places` has the number of each row's, `code_of` (labels + 1,) says which level that is."""

    places: Scratch
    code_of: Codes
    levels: tuple[str, ...]

    @property
    def outline(self) -> Categorical:
        """The column without a row."""
        return Categorical(np.empty(0, dtype=np.intp), self.levels)

    def column(self, batch: Batch) -> Categorical:
        """The column in a batch; the last of `code_of`, which -1 finds, says that a label is missing."""
        return Categorical(self.code_of[self.places.read(batch.first_row, batch.n_rows)], self.levels)


class ParquetColumns:
    """The columns of an open file; `folder`, if there is one, has room for the codes of labels."""

    __slots__ = ("_file", "_folder", "_known", "n_rows", "names")

    def __init__(self, file: pq.ParquetFile, folder: Path | None) -> None:
        self._file = file
        self._folder = folder
        self._known: dict[str, tuple[Numbers | KeptLabels, bytes]] = {}
        self.n_rows: int = file.metadata.num_rows
        self.names: list[str] = file.schema_arrow.names

    def known(self, name: str) -> tuple[Numbers | KeptLabels, bytes]:
        """A column and its digest; raises as the column would in memory, `KeyError` if there is none."""
        if name not in self._known:
            if name not in self.names:
                raise KeyError(name)
            source = self._look_through(name)
            digest = ColumnDigest(source.outline, self.n_rows)
            for batch in self.read([name] if isinstance(source, Numbers) else [], ROWS):
                digest.update(source.column(batch))
            self._known[name] = source, digest.result()
        return self._known[name]

    def outline(self, name: str) -> Column:
        """A column without a row."""
        return self.known(name)[0].outline

    def read(self, names: Sequence[str], most_rows: int) -> Iterator[Batch]:
        """The batches of all rows with the cells of these columns; raises `MalformedBody` for damage."""
        first_row = 0
        for batch in self._batches(names, most_rows):
            with named_failures(WHAT):
                batch.validate(full=True)
                # A name with a dot brings the parts of a nested column along.
                cells = {name: pa.chunked_array([batch.column(name)]) for name in names}
            yield Batch(first_row, batch.num_rows, cells)
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

    def _look_through(self, name: str) -> Numbers | KeptLabels:
        kind = kind_of(name, self._file.schema_arrow.field(name).type)
        are_labels = kind is Kind.LABEL or (kind is Kind.WHOLE_NUMBER and not self._is_exact(name))
        return self._labels(name) if are_labels else Numbers(name, kind)

    def _is_exact(self, name: str) -> bool:
        """Whether whole numbers can be told apart as doubles, all of them: else all are labels."""
        return all(are_exact(doubles_of(batch.cells[name])) for batch in self.read([name], ROWS))

    def _labels(self, name: str) -> KeptLabels:
        """The labels of a column, all of it read."""
        labels, places = GrowingLabels(), Scratch(self._folder)
        waiting: list[Array] = []
        for batch in self.read([name], ROWS):
            waiting += batch.cells[name].chunks
            is_last = batch.first_row + batch.n_rows == self.n_rows
            if is_last or sum(map(len, waiting)) >= labels.worthwhile:
                with named_failures(WHAT):
                    found = labels.places(pa.chunked_array(waiting))
                places.append(found)
                waiting = []
        levels, code_of = labels.levels()
        return KeptLabels(places, code_of, levels)
