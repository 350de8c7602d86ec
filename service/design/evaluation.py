"""Evaluation: from an expression and a table to the values of a variable.

Nothing is looked up but columns of the table and functions of a closed table, so no formula can run code. It takes two
steps: `take_constants` takes the statistics that calls like `scale(x)` need, once, from the data of the fit; `evaluate`
computes values with them, of those data or of new ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.data.table import Categorical, Column, Logical, Numeric, Table
from service.design.arguments import Arguments, number
from service.design.arithmetic import COMPARISONS, FUNCTIONS, OPERATORS
from service.design.coding import Constants
from service.design.columns import check_finite, find_column
from service.design.levels import labelled
from service.design.refusals import bad_argument, odd_one_out, wrong_type
from service.design.statistics import STATISTICAL, make_columns, take_statistics
from service.formula.expression import Binary, Call, Expression, Name, Number, Parenthesis, Unary
from service.formula.functions import match_arguments
from service.formula.label import label
from service.quoting import excerpt, quote


@dataclass(frozen=True, slots=True)
class Basis:
    """Several columns that are one variable: `values` (n, k), Fortran order, NaN where it is missing."""

    values: Matrix


Value = Column | Basis
"""What a variable is, row by row."""

KnownConstants = Mapping[str, Constants]
"""The statistics of calls, by their text."""


def takes_statistics(expression: Expression) -> bool:
    """Whether a call in an expression looks at a whole column, so that its values are not those of their rows alone."""
    return next(statistical_calls(expression), None) is not None


def take_constants(expressions: Iterable[Expression], table: Table) -> dict[str, Constants]:
    """The statistics of every call in these expressions that takes some, over the rows where its variable is known."""
    constants: dict[str, Constants] = {}
    for expression in expressions:
        for call in statistical_calls(expression):
            text = label(call)
            if text not in constants:
                arguments = match_arguments(call)
                with np.errstate(all="ignore"):
                    x = _numbers(arguments["x"], table, constants)
                check_finite(x, arguments["x"], table)
                missing = np.isnan(x)
                constants[text] = take_statistics(call, arguments, x[~missing] if missing.any() else x)
    return constants


def evaluate(expression: Expression, table: Table, constants: KnownConstants) -> Value:
    """The values of a variable: labels, truth values, numbers, or the columns of a basis.

    Raises UnknownColumn, WrongType for arithmetic with text, and NotFinite for a result that is not finite though
    nothing it is computed from is missing.
    """
    if isinstance(expression, Name):
        return find_column(expression, table)
    with np.errstate(all="ignore"):
        value = _value(expression, table, constants)
    match value:
        case Numeric(values=values) | Basis(values=values):
            check_finite(values, expression, table)
    return value


def statistical_calls(expression: Expression) -> Iterator[Call]:
    """The calls in an expression that take statistics, inner ones first."""
    match expression:
        case Unary(operand=inner) | Parenthesis(inner=inner):
            yield from statistical_calls(inner)
        case Binary(left=left, right=right):
            yield from statistical_calls(left)
            yield from statistical_calls(right)
        case Call(function=function, arguments=arguments):
            for argument in arguments:
                yield from statistical_calls(argument.value)
            if function in STATISTICAL:
                yield expression


def _value(expression: Expression, table: Table, constants: KnownConstants) -> Value:
    """The values of an expression; a constant has an array without dimensions."""
    match expression:
        case Name():
            return find_column(expression, table)
        case Number(value=value):
            return Numeric(np.array(value))
        case Parenthesis(inner=inner):
            return _value(inner, table, constants)
        case Unary(operator=operator, operand=operand):
            operand_values = _numbers(operand, table, constants)
            return Numeric(-operand_values if operator == "-" else operand_values)
        case Binary(operator=operator, left=left, right=right):
            return _binary(operator, _numbers(left, table, constants), _numbers(right, table, constants))
        case Call():
            return _call(expression, match_arguments(expression), table, constants)
        case _:
            raise bad_argument("This cannot be part of a calculation.", expression.position)


def _binary(operator: str, left: Vector, right: Vector) -> Numeric | Logical:
    """Arithmetic on two numbers per row, or their comparison, which is missing where either is."""
    if operator in OPERATORS:
        return Numeric(OPERATORS[operator](left, right))
    return Logical(np.where(np.isnan(left) | np.isnan(right), np.nan, COMPARISONS[operator](left, right)))


def _call(call: Call, arguments: Arguments, table: Table, constants: KnownConstants) -> Value:
    """The values of a function of the closed table."""
    match call.function:
        case "I" | "offset":
            (variable,) = arguments.values()
            return _value(variable, table, constants)
        case "factor" | "as.factor":
            return _factor(call, arguments["x"], table, constants)
        case function if function in STATISTICAL:
            columns = make_columns(call, arguments, _numbers(arguments["x"], table, constants), constants[label(call)])
            return Numeric(columns[:, 0]) if columns.shape[1] == 1 else Basis(columns)
        case function:
            values = FUNCTIONS[function](_numbers(arguments["x"], table, constants))
            return Numeric(values / np.log(number(arguments, "base")) if "base" in arguments else values)


def _factor(call: Call, variable: Expression, table: Table, constants: KnownConstants) -> Categorical:
    """The labels of a variable; raises WrongType for a basis, NotFinite for a number that is none."""
    value = _value(variable, table, constants)
    match value:
        case Basis():
            raise wrong_type(f"{call.function}() takes one column, not several.", position=call.position)
        case Numeric(values=values):
            check_finite(values, variable, table)
    return labelled(value)


def _numbers(expression: Expression, table: Table, constants: KnownConstants) -> Vector:
    """The values of an expression in arithmetic, where TRUE is 1; raises WrongType for text and for a basis."""
    value = _value(expression, table, constants)
    match value:
        case Numeric(values=values) | Logical(values=values):
            return values
        case Categorical() if isinstance(expression, Name):
            odd = odd_one_out(value)
            message = f"Column {quote(expression.text)} is text; a calculation needs numbers{odd}."
            raise wrong_type(message, column=excerpt(expression.text), position=expression.position)
        case _:
            message = f"{quote(label(expression))} is not one column of numbers, which a calculation needs."
            raise wrong_type(message, position=expression.position)
