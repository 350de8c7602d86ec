"""R's constant `pi`, where the data have no column of that name: `sin(2 * pi * month / 12)`."""

import math
from collections.abc import Collection
from dataclasses import replace

from service.formula.expression import Argument, Binary, Call, Expression, Name, Number, Parenthesis, Unary
from service.formula.variables import has_column

CONSTANTS = {"pi": math.pi}


def with_constants(expression: Expression, columns: Collection[str]) -> Expression:
    """The expression with its value for every constant in a calculation.

    A name is that of a column where `columns` has it, and where it is all that the expression, or the argument of a
    call, is about.
    """
    value = _calculated(expression, columns)
    return value if has_column(value) else expression


def _calculated(expression: Expression, columns: Collection[str]) -> Expression:
    match expression:
        case Name(text, position) if text in CONSTANTS and text not in columns:
            return Number(CONSTANTS[text], text, position)
        case Unary(operand=operand):
            return replace(expression, operand=_calculated(operand, columns))
        case Parenthesis(inner=inner):
            return replace(expression, inner=_calculated(inner, columns))
        case Binary(left=left, right=right):
            return replace(expression, left=_calculated(left, columns), right=_calculated(right, columns))
        case Call(arguments=arguments):
            values = (Argument(each.name, with_constants(each.value, columns)) for each in arguments)
            return replace(expression, arguments=tuple(values))
        case _:
            return expression
