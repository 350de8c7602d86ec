"""Our fit: the whole call, from a table in memory to estimates; and one pass over the same data, its physical limit."""

import time

import numpy as np

from benchmarks.paired import Timed, Unfit
from service import engine
from service.data import Categorical, Table
from service.design import make_design
from service.errors import ServiceError
from service.formula import read
from service.formula.formula import Formula


class Ours:
    """Formula and table -> design -> estimates, by REML (`restricted`) or ML."""

    def __init__(self, formula: str, table: Table, *, restricted: bool = True) -> None:
        self.formula, self.table, self.restricted = formula, table, restricted

    def fit(self) -> Timed:
        """One fit."""
        start = time.perf_counter()
        try:
            formula = read(self.formula, list(self.table.columns))
            fitted = engine.fit(make_design(formula, self.table), restricted=self.restricted)
        except ServiceError as error:
            raise Unfit(error.detail) from None
        return Timed(time.perf_counter() - start, fitted.criterion)


class OnePass:
    """X'X by BLAS and, for each factor, one weighted `bincount` a column, intercept and response included."""

    def __init__(self, formula: Formula, table: Table) -> None:
        values = {name: column.values for name, column in table.columns.items() if not isinstance(column, Categorical)}
        names = [*numeric_columns(formula), formula.response]
        self.columns = np.asfortranarray(np.column_stack([np.ones(table.n_rows), *(values[name] for name in names)]))
        self.factors = [_factor(table, term.group[0]) for term in formula.random]

    def fit(self) -> Timed:
        """One pass."""
        start = time.perf_counter()
        self.columns.T @ self.columns
        for factor in self.factors:
            for k in range(self.columns.shape[1]):
                np.bincount(factor.codes, self.columns[:, k], len(factor.levels))
        return Timed(time.perf_counter() - start)


def _factor(table: Table, name: str) -> Categorical:
    """The labels in a column."""
    column = table.columns[name]
    if not isinstance(column, Categorical):
        raise TypeError(f"{name} has no labels")
    return column


def numeric_columns(formula: Formula) -> list[str]:
    """The predictors of a formula whose fixed terms are columns as they are."""
    return [label for term in formula.terms for label in term]
