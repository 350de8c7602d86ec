"""What stands beside the predictors: response, prior weights and offset, one number per row."""

from collections.abc import Mapping

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Logical, Numeric, Table
from service.design.evaluation import Value
from service.design.refusals import excerpt, invalid_option, pointer, quote, wrong_type
from service.formula.formula import Formula
from service.formula.variables import names_in


def take_response(formula: Formula, values: Mapping[str, Value]) -> Vector:
    """The response (n,); raises WrongType for anything but one column of numbers."""
    value = values[formula.response]
    if isinstance(value, Numeric):
        return value.values
    advice = "; send 0 and 1 to fit a linear model to it" if isinstance(value, Logical) else ""
    name = next(names_in(formula.variables[formula.response]))
    message = f"The response {quote(formula.response)} is not one column of numbers{advice}."
    raise wrong_type(message, column=excerpt(name.text), position=name.position)


def take_offset(formula: Formula, values: Mapping[str, Value]) -> Vector | None:
    """The sum of the formula's offsets (n,), None without any; raises WrongType for an offset that is no number."""
    total: Vector | None = None
    for label in formula.offsets:
        value = values[label]
        if not isinstance(value, Numeric | Logical):
            message = f"{quote(label)} is not one column of numbers."
            raise wrong_type(message, position=formula.variables[label].position)
        total = value.values if total is None else total + value.values
    return total


def take_weights(name: str, table: Table, rows: Codes) -> Vector:
    """The weights (n,) of these rows; raises WrongType unless they are numbers, InvalidRequest unless positive."""
    column = table.columns[name]
    if not isinstance(column, Numeric):
        raise wrong_type(f"The weights {quote(name)} are not numbers.", column=excerpt(name), option=pointer("weights"))
    weights = column.values if len(rows) == table.n_rows else column.values[rows]
    if not (positive := weights > 0).all():
        row = int(rows[np.argmin(positive)])
        message = f"Weights must be positive; {quote(name)} is {column.values[row]:.15g} in row {row}."
        raise invalid_option(message, pointer("weights"), column=excerpt(name), row=row)
    return weights
