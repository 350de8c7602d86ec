"""Constant arguments of a call: from `2`, `-1/3`, `c(1, 2)`, `TRUE` as written to plain values.

Each function raises FormulaSyntax, with the position, for an argument it cannot take.
"""

from service.design.arithmetic import OPERATORS
from service.design.refusals import bad_argument
from service.formula.expression import Binary, Expression, Number, Parenthesis, Truth, Unary, Vector

MOST_COLUMNS = 100
"""The highest degree and the most columns of one `poly`, `ns` or `bs`; far beyond any use."""


def number(expression: Expression) -> float:
    """The number a constant is, computed where it is written as arithmetic."""
    match expression:
        case Number(value=value):
            return value
        case Parenthesis(inner=inner) | Unary(operator="+", operand=inner):
            return number(inner)
        case Unary(operator="-", operand=inner):
            return -number(inner)
        case Binary(operator=operator, left=left, right=right) if operator in OPERATORS:
            return float(OPERATORS[operator](number(left), number(right)))
        case _:
            raise bad_argument("This argument must be a number.", expression.position)


def whole_number(expression: Expression, least: int) -> int:
    """The whole number a constant is, from `least` to `MOST_COLUMNS`."""
    value = number(expression)
    if not least <= value <= MOST_COLUMNS or value != int(value):
        message = f"This argument must be a whole number from {least} to {MOST_COLUMNS}."
        raise bad_argument(message, expression.position)
    return int(value)


def numbers(expression: Expression) -> tuple[float, ...]:
    """The numbers of `c(...)`, or the one number, in increasing order."""
    items = expression.items if isinstance(expression, Vector) else (expression,)
    return tuple(sorted(number(item) for item in items))


def truth(expression: Expression) -> bool:
    """What TRUE or FALSE says."""
    if not isinstance(expression, Truth):
        raise bad_argument("This argument must be TRUE or FALSE.", expression.position)
    return expression.value
