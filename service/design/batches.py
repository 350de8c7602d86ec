"""The columns that a model uses, batch by batch, their levels in the order that is asked for."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from service.data.table import Categorical, Column, Rows, Table
from service.design.columns import has_missing_cells, missing_cells
from service.design.levels import in_order
from service.design.missing import Gaps
from service.design.recoding import Distinct, Recoding, recoding

CELLS = 2**20
"""Numbers held of a batch: 8 MiB."""

FEWEST_ROWS = 2**13
"""Rows of a batch at least, however many columns there are."""


class Batches:
    """These columns of all rows, in tables of a few rows.

    Raises what a column raises if it cannot be read, and InvalidRequest for an order that does not fit its levels.
    """

    __slots__ = ("_names", "_orders", "_rows", "n_rows")

    def __init__(self, rows: Rows, names: Sequence[str], levels: Mapping[str, Sequence[str]]) -> None:
        self._rows = rows
        self._names = names
        self._orders: dict[str, Recoding] = {}
        self.n_rows = rows.n_rows
        for name in names:
            column = rows.outline.columns[name]
            if name in levels:
                specimen = self._specimen(name, column)
                self._orders[name] = recoding(specimen, in_order(name, specimen, levels[name]).levels)

    def tables(self, fewest_rows: int = FEWEST_ROWS) -> Iterator[Table]:
        """The batches, of so many rows at least where that is more than a batch has otherwise."""
        most_rows = max(CELLS // len(self._names), FEWEST_ROWS, fewest_rows)
        for table in self._rows.batches(self._names, most_rows):
            columns = {name: self._in_order(name, column) for name, column in table.columns.items()}
            yield Table(columns, table.n_rows, table.first_row)

    def _in_order(self, name: str, column: Column) -> Column:
        """The column, its levels in the order that is asked for."""
        order = self._orders.get(name)
        return column if order is None else Categorical(order.codes(column), order.levels)

    def _specimen(self, name: str, outline: Column) -> Column:
        """Each value of a column once."""
        if isinstance(outline, Categorical):
            return Categorical(np.arange(len(outline.levels)), outline.levels)
        distinct = Distinct(outline)
        for table in self._rows.batches([name], CELLS):
            distinct.see(table.columns[name])
        return distinct.specimen()


def gaps_in(table: Table) -> Gaps:
    """Which cells are missing, for those columns of a table that miss some."""
    return {name: missing_cells(column) for name, column in table.columns.items() if has_missing_cells(column)}
