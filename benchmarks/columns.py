"""A table as a folder with one file a column, which NumPy and R read as they are: `.f64` numbers, `.i32` codes."""

from pathlib import Path

import numpy as np

from service.arrays import Codes
from service.data import Categorical, Numeric, Table

AT_ONCE = 65_536
"""Codes that are read together."""


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
    factors = {path.stem: labelled(_codes(path)) for path in sorted(folder.glob("*.i32"))}
    n_rows = len(next(iter(numbers.values())).values)
    return Table({**numbers, **factors}, n_rows)


def _codes(path: Path) -> Codes:
    """The codes in a file, some at a time: a second copy of all would count among the memory of what is measured."""
    codes = np.empty(path.stat().st_size // 4, dtype=np.intp)
    for start in range(0, codes.size, AT_ONCE):
        codes[start : start + AT_ONCE] = np.fromfile(path, "<i4", AT_ONCE, offset=4 * start)
    return codes


def labelled(codes: Codes) -> Categorical:
    """Codes with labels made of their digits, in order."""
    n_levels = int(codes.max()) + 1
    width = len(str(n_levels - 1))
    return Categorical(codes, tuple(f"{code:0{width}}" for code in range(n_levels)))
