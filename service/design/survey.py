"""The first pass over the rows of a streamed design: what its later passes must know of all rows beforehand."""

from collections.abc import Iterable, Mapping

import numpy as np

from service.arrays import Codes
from service.data.table import Categorical, Column, Logical, Table
from service.design.batches import gaps_in
from service.design.evaluation import Basis, Value, evaluate
from service.design.levels import labelled
from service.design.missing import Gap, complete_places, gap_of
from service.design.model_frame import at_rows
from service.design.recoding import Distinct
from service.design.responses import take_weights
from service.errors import ServiceError
from service.formula.expression import Argument, Call, Expression, Parenthesis

NO_ROWS: Codes = np.empty(0, dtype=np.intp)


class Variable:
    """A variable over batches: its values, as numbers or truth values where it is a `factor()` of them.

    So the labels of numbers are made once, of the distinct ones, and not of each batch's.
    """

    __slots__ = ("has_levels", "tree")

    def __init__(self, tree: Expression) -> None:
        self.tree = _within_factor(tree)
        self.has_levels = self.tree is not tree

    def values(self, table: Table, rows: Codes | None) -> Value:
        """The values at these rows of a table, None being all of them; raises as `evaluate` does for all."""
        return at_rows(evaluate(self.tree, table, {}), rows)


class Survey:
    """What is known of the variables of a formula, and of the prior weights, once all batches are seen.

    `n` rows are complete; `gaps` are the columns that miss cells. `outlines` are the values without a row of them.
    `errors` has the error, as if all rows were held, of each variable that cannot be had, and under None the weights'.
    """

    __slots__ = ("_distinct", "_grouping", "_weights", "errors", "gaps", "n", "outlines", "variables")

    def __init__(self, variables: Mapping[str, Variable], grouping: Iterable[str], weights: str | None) -> None:
        self.variables = variables
        self._grouping = set(grouping)
        self._weights = weights
        self._distinct: dict[str, Distinct] = {}
        self.errors: dict[str | None, ServiceError] = {}
        self.gaps: dict[str, Gap] = {}
        self.outlines: dict[str, Value] = {}
        self.n = 0

    def see(self, table: Table) -> None:
        """Take in a batch."""
        gaps = gaps_in(table)
        for name, cells in gaps.items():
            self.gaps[name] = _joined(self.gaps.get(name), gap_of(cells, table.first_row))
        rows = complete_places(gaps)
        self.n += table.n_rows if rows is None else len(rows)
        for label in self.variables:
            self._attempt(label, table, rows)
        if self._weights is not None:
            self._attempt(None, table, rows)

    def require(self, label: str | None) -> None:
        """Raise the error of a variable, or of the weights, if there is one."""
        if label in self.errors:
            raise self.errors[label]

    def distinct(self, label: str) -> Column:
        """Each value of a variable that has labels or forms groups, once."""
        return self._distinct[label].specimen()

    def specimen(self, label: str) -> Value:
        """The same as labels if the variable is a `factor()`; of a variable without labels no value."""
        if label not in self._distinct:
            return self.outlines[label]
        return labelled(self.distinct(label)) if self.variables[label].has_levels else self.distinct(label)

    def _attempt(self, label: str | None, table: Table, rows: Codes | None) -> None:
        """Take in a variable, or the weights, unless it has failed; later batches cannot mend that."""
        if label in self.errors:
            return
        try:
            if label is None:
                take_weights(self._weights or "", table, rows)
            else:
                self._see(label, self.variables[label].values(table, rows))
        except ServiceError as error:
            # A traceback would keep the arrays of the attempt.
            self.errors[label] = error.with_traceback(None)

    def _see(self, label: str, values: Value) -> None:
        """Take in the values of a variable at complete rows."""
        outline = self.outlines.setdefault(label, at_rows(values, NO_ROWS))
        if isinstance(values, Basis) or isinstance(outline, Basis) or not self._has_labels(label, values):
            return
        self._distinct.setdefault(label, Distinct(outline)).see(values)

    def _has_labels(self, label: str, values: Value) -> bool:
        has_levels = isinstance(values, Categorical | Logical) or self.variables[label].has_levels
        return has_levels or label in self._grouping


def _joined(first: Gap | None, second: Gap) -> Gap:
    """The gap of a column with both."""
    return second if first is None else Gap(first.count + second.count, first.row)


def _within_factor(tree: Expression) -> Expression:
    """What a variable is a factor of, the variable itself if it is none."""
    match tree:
        case Call(function="factor" | "as.factor", arguments=(Argument(value=inner),)):
            return _within_factor(inner)
        case Call(function="I" | "offset", arguments=(Argument(value=inner),)) | Parenthesis(inner=inner):
            found = _within_factor(inner)
            return tree if found is inner else found
    return tree
