"""The making of designs: from a formula, a table and options to the arrays that models are fitted from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Table
from service.design.coding import Coding, Factor
from service.design.columns import columns_of
from service.design.design import Design, RandomEffect
from service.design.factors import choose_factors, code_variable
from service.design.marginality import make_recipe
from service.design.missing import Missing
from service.design.model_frame import ModelFrame
from service.design.model_matrix import ModelMatrix
from service.design.options import check_options
from service.design.random_effects import make_random_effects
from service.design.refusals import several_responses
from service.design.responses import take_offset, take_response, take_weights
from service.design.terms import make_matrix
from service.errors import ServiceError
from service.formula.formula import Formula, Term, labels_used


def make_design(
    formula: Formula,
    table: Table,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> Design:
    """The design of a model of one response: its complete rows, coded.

    `weights` names a column of prior weights, `levels` orders the levels of columns, `contrasts` names the scheme of
    factors. Raises the errors of the table and the model, each with its place.
    """
    if len(formula.responses) > 1:
        raise several_responses(formula)
    check_options(formula, table, weights, levels or {}, contrasts or {})
    return _Designs(table, levels or {}, weights=weights, missing=missing, contrasts=contrasts or {}).design(formula)


def make_designs(
    formula: Formula,
    table: Table,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> list[Design | ServiceError]:
    """For each response of a formula, the design of a model of it alone, or the error that there is none.

    Everything that is equal is shared: variables are computed once, and responses whose models have the same complete
    rows have the same coded predictors. Raises errors in the options, which are no response's own.
    """
    check_options(formula, table, weights, levels or {}, contrasts or {})
    designs = _Designs(table, levels or {}, weights=weights, missing=missing, contrasts=contrasts or {})
    return [designs.attempt(formula.for_response(response)) for response in formula.responses]


@dataclass(frozen=True, slots=True)
class _Predictors:
    """All of a design but its response: the same for all designs of equal `terms` on equal `rows`."""

    terms: tuple[Term, ...]
    rows: Codes | None
    X: ModelMatrix
    weights: Vector | None
    offset: Vector | None
    random: tuple[RandomEffect, ...]
    factors: Mapping[str, Factor]


class _Designs:
    """Designs of one table that differ in their responses."""

    __slots__ = ("contrasts", "frame", "made", "missing", "table", "weights")

    def __init__(
        self,
        table: Table,
        levels: Mapping[str, Sequence[str]],
        *,
        weights: str | None,
        missing: Missing,
        contrasts: Mapping[str, str],
    ) -> None:
        self.table = table
        self.frame = ModelFrame(table, levels)
        self.weights = weights
        self.missing = missing
        self.contrasts = contrasts
        self.made: list[_Predictors] = []

    def attempt(self, formula: Formula) -> Design | ServiceError:
        """The design of a formula with one response, or why there is none."""
        try:
            return self.design(formula)
        except ServiceError as error:
            # A traceback would keep the arrays of the attempt.
            return error.with_traceback(None)

    def design(self, formula: Formula) -> Design:
        """The design of a formula with one response."""
        columns = columns_of(formula.variables.values(), self.table)
        used = columns if self.weights is None else [*columns, self.weights]
        rows = self.frame.complete_rows(used, self.missing)
        response = {formula.response: formula.variables[formula.response]}
        y = take_response(formula, self.frame.values(response, rows))
        part = self.predictors(formula, rows)
        return Design(
            formula=formula.text,
            response=formula.response,
            intercept=formula.intercept,
            X=part.X,
            y=y,
            weights=part.weights,
            offset=part.offset,
            random=part.random,
            rows=part.rows,
            n_dropped=self.table.n_rows - len(y),
            coding=Coding(part.factors, self.frame.constants(formula.variables)),
        )

    def predictors(self, formula: Formula, rows: Codes | None) -> _Predictors:
        """The predictors of a formula on these rows, made at the first call for them."""
        for part in self.made:
            if part.terms == formula.terms and _same_rows(part.rows, rows):
                return part
        self.made.append(self.code(formula, rows))
        return self.made[-1]

    def code(self, formula: Formula, rows: Codes | None) -> _Predictors:
        """The predictors of a formula, coded on these rows."""
        n_rows = self.table.n_rows if rows is None else len(rows)
        labels = dict.fromkeys(chain.from_iterable(chain(formula.terms, *(term.terms for term in formula.random))))
        used = labels_used(formula.terms, formula.offsets, formula.random)
        values = self.frame.values({label: tree for label, tree in formula.variables.items() if label in used}, rows)
        factors = choose_factors(labels, formula, values, self.contrasts)
        variables = {label: code_variable(label, values[label], factors.get(label)) for label in labels}
        return _Predictors(
            terms=formula.terms,
            rows=rows,
            X=make_matrix(make_recipe(formula.intercept, formula.terms, factors), variables, n_rows),
            weights=None if self.weights is None else take_weights(self.weights, self.frame.table, rows),
            offset=take_offset(formula, values),
            random=make_random_effects(formula, values, variables, factors, n_rows),
            factors=factors,
        )


def _same_rows(left: Codes | None, right: Codes | None) -> bool:
    """Whether two choices of rows are the same, None being all of them."""
    return left is right or (left is not None and right is not None and np.array_equal(left, right))
