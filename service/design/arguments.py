"""Constant arguments of a call: from `2`, `-1/3`, `c(1, 2)`, `TRUE` as written to plain values.

Each function raises FormulaSyntax, with the position, for an argument it cannot take.
"""

from collections.abc import Mapping

from service.design.arithmetic import OPERATORS
from service.design.refusals import bad_argument
from service.formula.expression import Binary, Expression, Number, Parenthesis, Truth, Unary, Vector

Arguments = Mapping[str, Expression]
"""A call's arguments by the names of their parameters."""

MOST_COLUMNS = 100
"""The highest degree and the most columns of one `poly`, `ns` or `bs`; far beyond any use."""


def number(arguments: Arguments, name: str) -> float:
    """The number an argument is, computed where it is written as arithmetic."""
    return _constant(arguments[name], name)


def whole_number(arguments: Arguments, name: str, least: int) -> int:
    """The whole number an argument is, from `least` to `MOST_COLUMNS`."""
    value = number(arguments, name)
    if not least <= value <= MOST_COLUMNS or value != int(value):
        message = f"`{name}` must be a whole number from {least} to {MOST_COLUMNS} here."
        raise bad_argument(message, arguments[name].position)
    return int(value)


def numbers(arguments: Arguments, name: str) -> tuple[float, ...]:
    """The numbers of `c(...)`, or the one number, in increasing order."""
    expression = arguments[name]
    items = expression.items if isinstance(expression, Vector) else (expression,)
    return tuple(sorted(_constant(item, name) for item in items))


def truth(arguments: Arguments, name: str) -> bool:
    """Whether an argument is given as TRUE."""
    return arguments.get(name) == Truth(True, position=0)


def _constant(expression: Expression, name: str) -> float:
    """The value of an expression of numbers alone."""
    match expression:
        case Number(value=value):
            return value
        case Parenthesis(inner=inner) | Unary(operator="+", operand=inner):
            return _constant(inner, name)
        case Unary(operator="-", operand=inner):
            return -_constant(inner, name)
        case Binary(operator=operator, left=left, right=right) if operator in OPERATORS:
            return float(OPERATORS[operator](_constant(left, name), _constant(right, name)))
        case _:
            raise bad_argument(f"`{name}` must be a number.", expression.position)
