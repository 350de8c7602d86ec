"""Missing values: from the gaps in the columns a model uses to the rows that are complete."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.arrays import Codes
from service.errors import Fault, MissingValues, NoObservations
from service.quoting import excerpt, quote

Missing = Literal["drop", "error"]
"""What becomes of a row with a missing value in a used column."""

Gaps = Mapping[str, NDArray[np.bool_]]
"""Which cells are missing, (n,), for every column that misses some."""


def complete_rows(gaps: Gaps, n_rows: int, missing: Missing) -> Codes | None:
    """The rows, counted from 0, where no column is missing, in their order; None if that is all of them.

    Raises MissingValues with the first such cell of every column if `missing` is "error", NoObservations if no row is
    left.
    """
    if gaps and missing == "error":
        raise _missing_values(gaps)
    complete = np.flatnonzero(~np.logical_or.reduce(list(gaps.values()))) if gaps else None
    if n_rows == 0 or (complete is not None and not len(complete)):
        raise NoObservations(_why_none(gaps, n_rows))
    return complete


def _missing_values(gaps: Gaps) -> MissingValues:
    """The error that names the first missing cell of every column."""
    faults = [
        Fault(f"missing values: {cells.sum()}", column=excerpt(name), row=int(np.argmax(cells)))
        for name, cells in gaps.items()
    ]
    message = f"Column {quote(next(iter(gaps)))} has a missing value in row {faults[0].row}"
    return MissingValues(f"{message}, and the request does not allow rows to be dropped.", *faults)


def _why_none(gaps: Gaps, n_rows: int) -> str:
    """The sentence that says why no row is left."""
    if n_rows == 0:
        return "The data have no rows."
    fullest = max(gaps, key=lambda name: int(gaps[name].sum()))
    return f"Every row has a missing value in a used column; {quote(fullest)} has the most."
