"""Tables for tests, written as plain lists."""

from collections.abc import Sequence

import numpy as np

from service.data.table import Categorical, Column, Logical, Numeric, Table
from service.design import Design, make_design
from service.formula import read

Cell = float | str | bool | None


def table(**cells: Sequence[Cell]) -> Table:
    """A table of these columns, None being a missing cell."""
    return table_of(cells)


def table_of(cells: dict[str, Sequence[Cell]]) -> Table:
    """The same for names that are no words."""
    n_rows = len(next(iter(cells.values())))
    return Table({name: column(values) for name, values in cells.items()}, n_rows)


def column(cells: Sequence[Cell]) -> Column:
    """The column of these cells, of the kind of the first that is not missing."""
    known = [cell for cell in cells if cell is not None]
    if known and isinstance(known[0], str):
        levels = sorted({str(cell) for cell in known})
        return Categorical(np.array([-1 if cell is None else levels.index(str(cell)) for cell in cells]), tuple(levels))
    values = np.array([np.nan if cell is None else float(cell) for cell in cells])
    return Logical(values) if known and isinstance(known[0], bool) else Numeric(values)


def design(formula: str, **cells: Sequence[Cell]) -> Design:
    """The design of a formula over these columns, without options."""
    return make_design(read(formula), table(**cells))
