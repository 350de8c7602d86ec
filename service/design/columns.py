"""Columns of a table as a formula names them: what a name means, and which cells are missing or not finite."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.data.table import Categorical, Column, Logical, Numeric, Table
from service.design.refusals import unknown_column
from service.errors import Fault, NotFinite
from service.formula.expression import Expression, Name
from service.formula.label import label
from service.formula.variables import names_in
from service.quoting import excerpt, quote


def find_column(name: Name, table: Table) -> Column:
    """The column a name means; raises UnknownColumn with the name's position."""
    column = table.columns.get(name.text)
    if column is None:
        raise unknown_column(name.text, table.columns, position=name.position)
    return column


def columns_of(expressions: Iterable[Expression], table: Table) -> list[str]:
    """The columns these expressions name, each once; raises UnknownColumn for one the table does not have."""
    return columns_named([name for expression in expressions for name in names_in(expression)], table)


def columns_named(names: Sequence[Name], table: Table) -> list[str]:
    """The columns of these names, each once; raises UnknownColumn for one the table does not have."""
    for name in names:
        find_column(name, table)
    return list(dict.fromkeys(name.text for name in names))


def has_missing_cells(column: Column) -> bool:
    """Whether any cell of a column is missing; needs no memory."""
    match column:
        case Categorical(codes=codes):
            return bool(np.minimum.reduce(codes, initial=0) < 0)
        case Numeric(values=values) | Logical(values=values):
            # The least of numbers is no number where one of them is none.
            return math.isnan(np.minimum.reduce(values, initial=0.0))


def missing_cells(column: Column) -> Flags:
    """Which cells of a column are missing, (n,)."""
    match column:
        case Categorical(codes=codes):
            return codes < 0
        case Numeric(values=values) | Logical(values=values):
            return np.isnan(values)


def missing_rows(names: Iterable[str], table: Table) -> Flags:
    """Which rows have a missing cell in any of these columns, (n,)."""
    missing = np.zeros(table.n_rows, dtype=np.bool_)
    for name in names:
        missing |= missing_cells(table.columns[name])
    return missing


def check_finite(values: Vector | Matrix, expression: Expression, table: Table) -> None:
    """Raise NotFinite for the first row of `values` that is not finite though no column of the expression is missing.

    `values` (n,) or (n, k) are those of the expression.
    """
    finite = np.isfinite(values)
    if finite.all():
        return
    names = columns_of([expression], table)
    wrong = ~(finite.reshape(table.n_rows, -1).all(axis=1) | missing_rows(names, table))
    if not wrong.any():
        return
    place = int(np.argmax(wrong))
    row = table.first_row + place
    columns = [(name, table.columns[name]) for name in names]
    inputs = " and ".join(
        f"{quote(name)} is {column.values[place]:.15g}"
        for name, column in columns
        if not isinstance(column, Categorical)
    )
    message = f"{quote(label(expression))} is not a finite number in row {row}, where {inputs}."
    raise NotFinite(message, Fault(message, column=excerpt(names[0]), row=row, position=expression.position))
