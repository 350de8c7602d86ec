"""From readers of single columns to a `Table` whose columns are read when they are first asked for.

A column that the formula does not use costs nothing, and cannot fail, whatever stands in it.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from service.arrays import Vector
from service.data.limits import Limits
from service.data.table import Column, Numeric, Table
from service.errors import Fault, InvalidRequest, MalformedBody, NoObservations, NotFinite
from service.quoting import excerpt

Reader = Callable[[], Column]
"""Makes one column, or raises why it cannot."""


class Columns(Mapping[str, Column]):
    """Columns by name, each read once, at its first use."""

    __slots__ = ("_columns",)

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._columns: dict[str, Reader | Column] = dict(readers)

    def __getitem__(self, name: str) -> Column:
        """The column, read now if it was not read before; raises `WrongType` or `NotFinite` if it cannot be."""
        column = self._columns[name]
        if callable(column):
            column = self._columns[name] = column()
        return column

    def __contains__(self, name: object) -> bool:
        """Whether there is such a column, readable or not."""
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of the data."""
        return iter(self._columns)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self._columns)


def table_of(readers: Mapping[str, Reader], n_rows: int, limits: Limits) -> Table:
    """A table of these columns; raises `InvalidRequest`, `NoObservations` or `BodyTooLarge` if it is none to fit."""
    limits.admit_table(n_rows, len(readers))
    if not readers:
        raise InvalidRequest("The data have no columns.", Fault("no columns", pointer="/data"))
    if "" in readers:
        raise InvalidRequest("A column has no name.", Fault("a column without a name", pointer="/data"))
    if n_rows == 0:
        raise NoObservations("The data have no rows.", Fault("no rows", pointer="/data"))
    return Table(Columns(readers), n_rows)


def refuse_repeated(names: list[str]) -> None:
    """Raise `MalformedBody` if two columns have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"Two columns are called `{excerpt(name)}`."
            raise MalformedBody(message, Fault(message, pointer="/data", column=excerpt(name)))
        seen.add(name)


def numeric(name: str, values: Vector, first_row: int = 0) -> Numeric:
    """The column of these numbers (n,), NaN being missing; raises `NotFinite` at the first infinity.

    `first_row` is the row the first of them stands in.
    """
    infinite = np.isinf(values)
    if infinite.any():
        row = first_row + int(infinite.argmax())
        message = f"Column `{excerpt(name)}` has an infinite number in row {row}."
        raise NotFinite(message, Fault("an infinite number", column=excerpt(name), row=row))
    return Numeric(values)


def all_missing(n_rows: int) -> Numeric:
    """The column of a table in which nothing was written: it has no kind of its own, and counts as numbers."""
    return Numeric(np.full(n_rows, np.nan))
