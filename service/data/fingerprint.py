"""From the columns a fit uses to a digest that is the same however the data were sent."""

import hashlib
from collections.abc import Iterable

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Categorical, Column, Rows, Table


class Fingerprints:
    """The fingerprints of a table's columns; those of many fits read each column once."""

    __slots__ = ("_digests", "_table")

    def __init__(self, table: Table | Rows) -> None:
        self._table = table
        self._digests: dict[str, bytes] = {}

    def of(self, names: Iterable[str]) -> str:
        """The SHA-256, 64 hexadecimal digits, of these columns, in whatever order they are named.

        Raises `KeyError` for a name that is no column, and what the column raises if it cannot be read.
        """
        ordered = sorted(set(names))
        return _digest(part for name in ordered for part in (name.encode(), self._of_column(name))).digest().hex()

    def _of_column(self, name: str) -> bytes:
        if name not in self._digests:
            table = self._table
            self._digests[name] = digest_of(table.columns[name]) if isinstance(table, Table) else table.digest(name)
        return self._digests[name]


class ColumnDigest:
    """The digest of a column of `n_rows` cells that come in pieces, the same wherever it is cut."""

    __slots__ = ("_digest",)

    def __init__(self, outline: Column, n_rows: int) -> None:
        levels = _texts(outline.levels) if isinstance(outline, Categorical) else ()
        self._digest = _digest((type(outline).__name__.encode(), *levels))
        self._digest.update((8 * n_rows).to_bytes(8, "little"))

    def update(self, cells: Column) -> None:
        """Add the column's next cells; their levels are those it began with."""
        if isinstance(cells, Categorical):
            self._digest.update(_bytes_of(cells.codes.astype("<i8", copy=False)))
            return
        # Formats differ in which of the many NaNs says missing.
        missing = np.isnan(cells.values)
        values = np.where(missing, np.nan, cells.values) if missing.any() else cells.values
        self._digest.update(_bytes_of(values.astype("<f8", copy=False)))

    def result(self) -> bytes:
        """The digest of all cells so far, which must be all there are."""
        return self._digest.digest()


def fingerprint(table: Table | Rows, names: Iterable[str]) -> str:
    """The fingerprint of these columns of a table."""
    return Fingerprints(table).of(names)


def digest_of(column: Column) -> bytes:
    """The SHA-256 of a column: its kind, its levels and what it holds, as bytes with the lowest first."""
    cells = column.codes if isinstance(column, Categorical) else column.values
    digest = ColumnDigest(column, len(cells))
    digest.update(column)
    return digest.result()


def _texts(levels: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The lengths of the levels, and the levels one after the other."""
    return np.fromiter(map(len, levels), dtype="<i8", count=len(levels)).tobytes(), "".join(levels).encode()


def _digest(parts: Iterable[bytes]) -> "hashlib._Hash":
    """The SHA-256 of these parts: each goes in after its length, so that no two lists of parts write the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest


def _bytes_of(array: Vector | Codes) -> memoryview:
    return np.ascontiguousarray(array).data.cast("B")
