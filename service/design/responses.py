"""What stands beside the predictors: response, prior weights and offset, one number per row."""

from collections.abc import Mapping

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Logical, Numeric, Table
from service.design.evaluation import Value
from service.design.refusals import invalid_option, odd_one_out, wrong_type
from service.formula.formula import Formula
from service.formula.variables import names_in
from service.quoting import excerpt, pointer_to, quote

LEAST_WEIGHT, MOST_WEIGHT = 1e-100, 1e100
"""Only the ratios of weights matter; beyond these their products leave the range of a double."""


def take_response(formula: Formula, value: Value) -> Vector:
    """The response (n,) of these values; raises WrongType for anything but one column of numbers."""
    if isinstance(value, Numeric):
        return value.values
    advice = "; send 0 and 1 to fit a linear model to it" if isinstance(value, Logical) else ""
    name = next(names_in(formula.variables[formula.response]))
    message = f"The response {quote(formula.response)} is not one column of numbers{advice or odd_one_out(value)}."
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


def take_weights(name: str, table: Table, rows: Codes | None) -> Vector:
    """The weights (n,) of these rows; raises WrongType unless they are numbers, InvalidRequest unless positive."""
    column = table.columns[name]
    if not isinstance(column, Numeric):
        raise wrong_type(
            f"The weights {quote(name)} are not numbers{odd_one_out(column)}.",
            column=excerpt(name),
            option=pointer_to("", "weights"),
        )
    weights = column.values if rows is None else column.values[rows]
    if not (sound := (weights > 0) & (weights >= LEAST_WEIGHT) & (weights <= MOST_WEIGHT)).all():
        place = int(np.argmin(sound))
        row = table.first_row + (place if rows is None else int(rows[place]))
        what = "positive" if weights[place] <= 0 else f"between {LEAST_WEIGHT:g} and {MOST_WEIGHT:g}"
        message = f"Weights must be {what}; {quote(name)} is {weights[place]:.15g} in row {row}."
        raise invalid_option(message, pointer_to("", "weights"), column=excerpt(name), row=row)
    return weights
