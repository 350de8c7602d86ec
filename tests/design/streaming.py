"""Tables in memory that are handed out in batches, as files are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes
from service.data import Categorical, Column, Logical, Numeric, Table
from service.data.fingerprint import digest_of


@dataclass(frozen=True)
class Batched:
    """A table in about so many batches."""

    table: Table
    n_batches: int = 1

    @property
    def n_rows(self) -> int:
        return self.table.n_rows

    @property
    def outline(self) -> Table:
        return self._part(list(self.table.columns), 0, 0)

    def batches(self, names: Sequence[str], most_rows: int) -> Iterator[Table]:
        size = min(max(self.n_rows // self.n_batches, 1), most_rows)
        for start in range(0, self.n_rows, size):
            yield self._part(names, start, min(start + size, self.n_rows))

    def digest(self, name: str) -> bytes:
        return digest_of(self.table.columns[name])

    def _part(self, names: Sequence[str], start: int, stop: int) -> Table:
        rows = np.arange(start, stop)
        return Table({name: _rows_of(self.table.columns[name], rows) for name in names}, stop - start, start)


def _rows_of(column: Column, rows: Codes) -> Column:
    match column:
        case Categorical(codes=codes, levels=levels):
            return Categorical(codes[rows], levels)
        case Logical(values=values):
            return Logical(values[rows])
        case Numeric(values=values):
            return Numeric(values[rows])
