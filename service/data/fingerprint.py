"""From the columns a fit uses to a digest that is the same however the data were sent."""

import hashlib
from collections.abc import Iterable

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Categorical, Column, Table


def fingerprint(table: Table, names: Iterable[str]) -> str:
    """The SHA-256, 64 hexadecimal digits, of these columns of the table, in whatever order they are named.

    Every part goes in after its length, so that no two tables write the same bytes. Raises `KeyError` for a name that
    is no column, and what the column raises if it cannot be read.
    """
    digest = hashlib.sha256()
    for name in sorted(set(names)):
        for part in (name.encode(), *_parts(table.columns[name])):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
    return digest.hexdigest()


def _parts(column: Column) -> Iterable[bytes | memoryview]:
    """The kind of a column and what it holds, as bytes with the lowest first."""
    yield type(column).__name__.encode()
    if isinstance(column, Categorical):
        yield str(len(column.levels)).encode()
        yield from (level.encode() for level in column.levels)
        yield _bytes_of(column.codes.astype("<i8", copy=False))
    else:
        # Formats differ in which of the many NaNs says missing.
        missing = np.isnan(column.values)
        values = np.where(missing, np.nan, column.values) if missing.any() else column.values
        yield _bytes_of(values.astype("<f8", copy=False))


def _bytes_of(array: Vector | Codes) -> memoryview:
    return np.ascontiguousarray(array).data.cast("B")
