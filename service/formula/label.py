"""Expressions and formulas as R prints them: `I(Days^2)`, `poly(Days, 2, raw = TRUE)`, `y ~ x + (1 | g)`."""

from collections.abc import Sequence

from service.formula.constants import CONSTANTS
from service.formula.expression import (
    Argument,
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Parenthesis,
    Truth,
    Unary,
    Vector,
)
from service.formula.names import is_bare
from service.formula.quotation import in_backticks
from service.formula.syntax import Bar, Chain, Constant, Dot, Enclosed, Node, Power, Signed, Variable

UNSPACED = ("/", "^", ":", "%%", "%/%")
"""Operators that R prints without blanks around them."""

DIGITS = 15
"""Significant digits R prints."""


def label(expression: Expression) -> str:
    """The text R prints for an expression, by which a variable is known."""
    match expression:
        case Name(text):
            return text if is_bare(text) else in_backticks(text)
        case Number(value, text):
            return _number(value, text)
        case Truth(value):
            return "TRUE" if value else "FALSE"
        case Unary(operator, operand):
            return operator + label(operand)
        case Binary(operator, left, right):
            return label(left) + _spaced(operator) + label(right)
        case Parenthesis(inner):
            return f"({label(inner)})"
        case Vector(items):
            return f"c({', '.join(map(label, items))})"
        case Call(function, arguments, package=package):
            called = function if package is None else f"{package}::{function}"
            return f"{called}({', '.join(map(_argument, arguments))})"


def left_side_label(responses: Sequence[str]) -> str:
    """The text R prints for the left side of a formula with responses of these labels."""
    return responses[0] if len(responses) == 1 else f"cbind({', '.join(responses)})"


def node_label(node: Node) -> str:
    """The text R prints for one side of a formula, or a part of it."""
    match node:
        case Constant(value):
            return str(value)
        case Dot():
            return "."
        case Variable(expression):
            return label(expression)
        case Enclosed(inner):
            return f"({node_label(inner)})"
        case Chain(first, links):
            return node_label(first) + "".join(_spaced(link.operator) + node_label(link.operand) for link in links)
        case Signed(signs, operand):
            return signs + node_label(operand)
        case Power(operand, exponent):
            return f"{node_label(operand)}^{_number(exponent, '')}"
        case Bar(terms, operator, group):
            return f"({node_label(terms)} {operator} {node_label(group)})"


def _spaced(operator: str) -> str:
    return operator if operator in UNSPACED else f" {operator} "


def _argument(argument: Argument) -> str:
    value = label(argument.value)
    return value if argument.name is None else f"{argument.name} = {value}"


def _number(value: float, text: str) -> str:
    """A number with as many digits as it needs, up to 15, in the shorter notation and fixed where they tie.

    A constant has its name. An integer (`100000L`) is never in scientific notation; like the names of R's coefficients
    it loses its L.
    """
    if text in CONSTANTS:
        return text
    if text.endswith("L") and value == int(value):
        return f"{value:.0f}"
    mantissa, exponent = f"{value:.{DIGITS - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    scientific = f"{mantissa}e{exponent}"
    decimals = max(0, len(mantissa.replace(".", "")) - 1 - int(exponent))
    fixed = f"{value:.{decimals}f}"
    return fixed if len(fixed) <= len(scientific) else scientific
