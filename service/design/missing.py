"""Missing values: from a table of the columns a model uses to the rows that are complete."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.arrays import Codes
from service.data.table import Table
from service.design.columns import missing_cells
from service.errors import Fault, MissingValues, NoObservations
from service.quoting import excerpt, quote

Missing = Literal["drop", "error"]
"""What becomes of a row with a missing value in a used column."""


def complete_rows(table: Table, missing: Missing) -> Codes:
    """The rows, counted from 0, where no column is missing, in their order.

    Raises MissingValues with the first such cell of every column if `missing` is "error", NoObservations if no row is
    left.
    """
    gaps = {name: cells for name, column in table.columns.items() if (cells := missing_cells(column)).any()}
    if gaps and missing == "error":
        raise _missing_values(gaps)
    complete = np.flatnonzero(~np.logical_or.reduce(list(gaps.values()))) if gaps else np.arange(table.n_rows)
    if not len(complete):
        raise NoObservations(_why_none(table, gaps))
    return complete


def _missing_values(gaps: dict[str, NDArray[np.bool_]]) -> MissingValues:
    """The error that names the first missing cell of every column."""
    faults = [
        Fault(f"missing values: {cells.sum()}", column=excerpt(name), row=int(np.argmax(cells)))
        for name, cells in gaps.items()
    ]
    message = f"Column {quote(next(iter(gaps)))} has a missing value in row {faults[0].row}"
    return MissingValues(f"{message}, and the request does not allow rows to be dropped.", *faults)


def _why_none(table: Table, gaps: dict[str, NDArray[np.bool_]]) -> str:
    """The sentence that says why no row is left."""
    if not table.n_rows:
        return "The data have no rows."
    fullest = max(gaps, key=lambda name: int(gaps[name].sum()))
    return f"Every row has a missing value in a used column; {quote(fullest)} has the most."
