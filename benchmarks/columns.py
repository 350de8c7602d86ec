"""A table as a folder with one file a column, which NumPy and R read as they are: `.f64` numbers, `.i32` codes."""

from pathlib import Path

import numpy as np

from service.arrays import Codes
from service.data import Categorical, Numeric, Table


def write(table: Table, folder: Path) -> None:
    """Write the columns of a table; labels are lost."""
    for name, column in table.columns.items():
        if isinstance(column, Categorical):
            column.codes.astype("<i4").tofile(folder / f"{name}.i32")
        else:
            column.values.astype("<f8", copy=False).tofile(folder / f"{name}.f64")


def read(folder: Path) -> Table:
    """The table in a folder, with codes for labels."""
    numbers = {path.stem: Numeric(np.fromfile(path, "<f8")) for path in sorted(folder.glob("*.f64"))}
    factors = {path.stem: labelled(np.fromfile(path, "<i4").astype(np.intp)) for path in sorted(folder.glob("*.i32"))}
    n_rows = len(next(iter(numbers.values())).values)
    return Table({**numbers, **factors}, n_rows)


def labelled(codes: Codes) -> Categorical:
    """Codes with labels made of their digits, in order."""
    n_levels = int(codes.max()) + 1
    width = len(str(n_levels - 1))
    return Categorical(codes, tuple(f"{code:0{width}}" for code in range(n_levels)))
