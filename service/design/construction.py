"""The making of a design: from a formula, a table and options to the arrays a model is fitted from."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from service.arrays import Codes
from service.data.table import Categorical, Logical, Numeric, Table
from service.design.coding import Coding
from service.design.columns import columns_of
from service.design.design import Design
from service.design.evaluation import Basis, Value, evaluate, take_constants
from service.design.factors import choose_factors, code_variable
from service.design.levels import order_levels
from service.design.marginality import make_recipe
from service.design.matrix import make_matrix
from service.design.missing import Missing, complete_rows
from service.design.options import check_options
from service.design.random_effects import make_random_effects
from service.design.responses import take_offset, take_response, take_weights
from service.formula.formula import Formula


def make_design(
    formula: Formula,
    table: Table,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> Design:
    """The design of a model: its complete rows, coded.

    `weights` names a column of prior weights, `levels` orders the levels of columns, `contrasts` names the scheme of
    factors. Statistics of `scale`, `poly` and the like are taken over all rows where their variable is known, before
    rows are dropped for other columns, as R does. Raises the errors of the table and the model, each with its place.
    """
    levels, contrasts = levels or {}, contrasts or {}
    check_options(formula, table, weights, levels, contrasts)
    table = order_levels(_used_part(formula, table, weights), levels)
    rows = complete_rows(table, missing)
    constants = take_constants(formula.variables.values(), table)
    values = {
        label: _at_rows(evaluate(expression, table, constants), rows, table.n_rows)
        for label, expression in formula.variables.items()
    }
    y = take_response(formula, values)
    factors = choose_factors(predictors(formula), formula, values, contrasts)
    variables = {label: code_variable(label, values[label], factors.get(label)) for label in predictors(formula)}
    names, X = make_matrix(make_recipe(formula.intercept, formula.terms, factors), variables, len(rows))
    return Design(
        formula=formula.text,
        response=formula.response,
        names=names,
        intercept=formula.intercept,
        X=X,
        y=y,
        weights=None if weights is None else take_weights(weights, table, rows),
        offset=take_offset(formula, values),
        random=make_random_effects(formula, values, variables, factors, len(rows)),
        rows=rows,
        n_dropped=table.n_rows - len(rows),
        coding=Coding(factors, constants),
    )


def predictors(formula: Formula) -> dict[str, None]:
    """The labels in fixed and random terms, each once."""
    terms = chain(formula.terms, *(term.terms for term in formula.random))
    return dict.fromkeys(label for term in terms for label in term)


def _used_part(formula: Formula, table: Table, weights: str | None) -> Table:
    """The columns of the table that the formula and the weights name."""
    names = columns_of(formula.variables.values(), table)
    used = names if weights is None else [*names, weights]
    return Table({name: table.columns[name] for name in used}, table.n_rows)


def _at_rows(value: Value, rows: Codes, n_rows: int) -> Value:
    """The values at these rows, the same arrays where that is all of them."""
    if len(rows) == n_rows:
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
