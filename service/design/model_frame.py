"""A model frame, as R has it: the variables of formulas over one table, each computed once, at its first use."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from service.arrays import Codes, Flags
from service.data.table import Categorical, Column, Logical, Numeric, Table
from service.design.coding import Constants
from service.design.columns import has_missing_cells, missing_cells
from service.design.evaluation import Basis, Value, evaluate, take_constants
from service.design.levels import in_order
from service.design.missing import Gaps
from service.formula.expression import Expression, Name

Trees = Mapping[str, Expression]
"""Expressions by the label of their variable."""


class ModelFrame:
    """The variables over a table of which some columns have their levels in an order that is asked for.

    Columns are read when `gaps` names them; variables are made of those. Statistics of `scale`, `poly` and the
    like are taken over all rows where their variable is known, whatever other columns miss, as R does.
    """

    __slots__ = ("_columns", "_constants", "_gaps", "_levels", "_source", "_values", "table")

    def __init__(self, source: Table, levels: Mapping[str, Sequence[str]]) -> None:
        self._source = source
        self._levels = levels
        self._columns: dict[str, Column] = {}
        self._gaps: dict[str, Flags] = {}
        self._constants: dict[str, dict[str, Constants]] = {}
        self._values: dict[str, Value] = {}
        self.table = Table(self._columns, source.n_rows)

    def gaps(self, names: Iterable[str]) -> Gaps:
        """Which cells are missing, for those of these columns that miss some."""
        used = list(names)
        for name in used:
            self._read(name)
        return {name: self._gaps[name] for name in used if name in self._gaps}

    def constants(self, trees: Trees) -> dict[str, Constants]:
        """The statistics that the calls in these expressions took, by the text of the call."""
        return {
            text: statistics for label, tree in trees.items() for text, statistics in self._taken(label, tree).items()
        }

    def value(self, label: str, tree: Expression) -> Value:
        """The values of one variable over all rows; raises as `evaluate` does."""
        if label not in self._values:
            self._values[label] = evaluate(tree, self.table, self._taken(label, tree))
        return self._values[label]

    def _read(self, name: str) -> None:
        """Take a column into the table, its levels in order, and note its gaps."""
        if name not in self._columns:
            column = self._source.columns[name]
            if name in self._levels:
                column = in_order(name, column, self._levels[name])
            if has_missing_cells(column):
                self._gaps[name] = missing_cells(column)
            self._columns[name] = column

    def _taken(self, label: str, tree: Expression) -> dict[str, Constants]:
        """The statistics of one variable."""
        if isinstance(tree, Name):
            return {}
        if label not in self._constants:
            self._constants[label] = take_constants([tree], self.table)
        return self._constants[label]


def at_rows(value: Value, rows: Codes | None) -> Value:
    """The values at these rows, the same arrays where that is all of them."""
    if rows is None:
        return value
    match value:
        case Categorical(codes=codes, levels=levels):
            return Categorical(codes[rows], levels)
        case Numeric(values=values):
            return Numeric(values[rows])
        case Logical(values=values):
            return Logical(values[rows])
        case Basis(values=columns):
            return Basis(np.asfortranarray(columns[rows]))
