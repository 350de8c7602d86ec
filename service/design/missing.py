"""Missing values: from the gaps in the columns a model uses to the rows that are complete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.arrays import Codes, Flags
from service.errors import Fault, MissingValues, NoObservations
from service.quoting import excerpt, quote

Missing = Literal["drop", "error"]
"""What becomes of a row with a missing value in a used column."""

Gaps = Mapping[str, Flags]
"""Which cells are missing, (n,), for every column that misses some."""


@dataclass(frozen=True, slots=True)
class Gap:
    """How many cells of a column are missing, and the row of the first."""

    count: int
    row: int


def complete_rows(gaps: Gaps, n_rows: int, missing: Missing) -> Codes | None:
    """The rows, counted from 0, where no column is missing, in their order; None if that is all of them.

    Raises as `require_complete`.
    """
    complete = complete_places(gaps)
    n_complete = n_rows if complete is None else len(complete)
    if n_complete == 0 or (gaps and missing == "error"):
        require_complete({name: gap_of(cells) for name, cells in gaps.items()}, n_complete, missing)
    return complete


def complete_places(gaps: Gaps) -> Codes | None:
    """The places of the rows without a missing cell, None if that is all of them."""
    return np.flatnonzero(~np.logical_or.reduce(list(gaps.values()))) if gaps else None


def gap_of(cells: Flags, first_row: int = 0) -> Gap:
    """The gap in a column of which these cells (n,), some of them, are missing; `first_row` is the row of the first."""
    return Gap(int(cells.sum()), first_row + int(np.argmax(cells)))


def require_complete(gaps: Mapping[str, Gap], n_complete: int, missing: Missing) -> None:
    """Raise MissingValues, naming the columns with a gap, if `missing` is "error", NoObservations if no row is left."""
    if gaps and missing == "error":
        raise _missing_values(gaps)
    if n_complete == 0:
        raise NoObservations(_why_none(gaps))


def _missing_values(gaps: Mapping[str, Gap]) -> MissingValues:
    """The error that names the first missing cell of every column."""
    faults = [Fault(f"missing values: {gap.count}", column=excerpt(name), row=gap.row) for name, gap in gaps.items()]
    message = f"Column {quote(next(iter(gaps)))} has a missing value in row {faults[0].row}"
    return MissingValues(f"{message}, and the request does not allow rows to be dropped.", *faults)


def _why_none(gaps: Mapping[str, Gap]) -> str:
    """The sentence that says why no row is left."""
    if not gaps:
        return "The data have no rows."
    fullest = max(gaps, key=lambda name: gaps[name].count)
    return f"Every row has a missing value in a used column; {quote(fullest)} has the most."
