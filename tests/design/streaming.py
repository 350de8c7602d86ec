"""Tables in memory that are handed out in batches, as files are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.data import Categorical, Column, Table
from service.data.fingerprint import digest_of
from service.design.model_frame import at_rows


@dataclass(frozen=True)
class Batched:
    """A table in about so many batches."""

    table: Table
    n_batches: int

    @property
    def n_rows(self) -> int:
        return self.table.n_rows

    @property
    def outline(self) -> Table:
        return self._part(self.table.columns, 0, 0)

    def batches(self, names: Sequence[str], most_rows: int) -> Iterator[Table]:
        size = min(max(self.n_rows // self.n_batches, 1), most_rows)
        for start in range(0, self.n_rows, size):
            yield self._part(names, start, min(start + size, self.n_rows))

    def digest(self, name: str) -> bytes:
        return digest_of(self.table.columns[name])

    def _part(self, names: Sequence[str], start: int, stop: int) -> Table:
        rows = np.arange(start, stop)
        columns: dict[str, Column] = {}
        for name in names:
            column = self.table.columns[name]
            values = at_rows(column, rows)
            assert not hasattr(values, "basis")
            columns[name] = values
        return Table(columns, stop - start, start)
