"""The grammar of terms: from a cursor on `y ~ x + (1 | g)` to the tree of its two sides.

    formula   = (variable | "cbind" "(" variable ("," variable)* ")") "~" sum
    sum       = product  (("+" | "-") product)*
    product   = inside   (("*" | "/") inside)*
    inside    = crossing ("%in%" crossing)*
    crossing  = signed   (":" signed)*
    signed    = ("+" | "-")* power
    power     = operand  (("^" | "**") whole number)?
    operand   = "1" | "0" | "." | column | call | "(" sum ")" | "(" sum ("|" | "||") sum ")"

What a variable is, arithmetic.py says.
"""

from service.errors import FormulaSyntax
from service.formula.arithmetic import close, read_call, read_number, read_variable, starts_call
from service.formula.cursor import Cursor
from service.formula.expression import Expression, Name
from service.formula.names import RESERVED
from service.formula.syntax import Bar, Chain, Constant, Dot, Enclosed, Link, Node, Power, Signed, Variable
from service.formula.variables import has_column

LEVELS = (("+", "-"), ("*", "/"), ("%in%",), (":",))
"""The operators between terms, from the loosest to the tightest; signs and powers bind tighter still."""

MISPLACED = {
    "~": "A formula has one `~`.",
    "=": "`=` has no meaning here; `~` stands between the two sides.",
    "|": "A random term stands in parentheses: `(1 | g)`.",
    "||": "A random term stands in parentheses: `(x || g)`.",
    ")": "No parenthesis is open here.",
    "%%": "Arithmetic with columns stands inside I(): `I(x %% 2)`.",
    "%/%": "Arithmetic with columns stands inside I(): `I(x %/% 2)`.",
} | dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "A comparison stands inside I(): `I(x > 1)`.")
"""Operators that cannot come after a complete right-hand side, with what to write instead."""


def read_formula(cursor: Cursor, *enders: str) -> tuple[tuple[Expression, ...], Node]:
    """The responses and the predictors of the formula at the cursor, which must end the text or stop before an ender.

    Raises FormulaSyntax, or UnknownFunction, where the text leaves the grammar.
    """
    responses = read_left_side(cursor)
    if cursor.at_end():
        raise cursor.error("The formula has no right-hand side; without predictors it is `~ 1`.")
    predictors = read_sum(cursor)
    if not cursor.at_end() and not cursor.at(*enders):
        raise no_operator(cursor)
    return responses, predictors


def read_left_side(cursor: Cursor) -> tuple[Expression, ...]:
    """The response, or those that `cbind()` holds, with the tilde after them read."""
    if cursor.at("~"):
        raise cursor.error("The formula has no response: expected a column before `~`.")
    responses = read_bound(cursor) if at_cbind(cursor) else (read_response(cursor),)
    if cursor.at("="):
        raise cursor.error("Found `=`; a formula has `~` between the response and the predictors.")
    if cursor.at_end():
        raise cursor.error("The formula has no `~`: expected `response ~ predictors`.")
    cursor.expect("~", "after the response")
    return responses


def at_cbind(cursor: Cursor) -> bool:
    """Whether several responses come next."""
    return cursor.token.kind == "name" and cursor.token.text == "cbind" and cursor.at("(", ahead=1)


def read_bound(cursor: Cursor) -> tuple[Expression, ...]:
    """The responses of `cbind(a, b)`."""
    cursor.take()
    opening = cursor.take()
    responses = [read_response(cursor)]
    while cursor.accept(","):
        responses.append(read_response(cursor))
    close(cursor, opening)
    return tuple(responses)


def read_response(cursor: Cursor) -> Expression:
    """One response, which must be about some column."""
    start = cursor.token
    response = read_variable(cursor)
    if not has_column(response):
        raise cursor.error("The response must be a column or a calculation with one.", start)
    return response


def read_sum(cursor: Cursor, level: int = 0) -> Node:
    """Operands joined by the operators of one level and of all tighter ones."""
    if level == len(LEVELS):
        return read_signed(cursor)
    first = read_sum(cursor, level + 1)
    links = []
    while operator := cursor.accept(*LEVELS[level]):
        links.append(Link(operator.text, read_sum(cursor, level + 1), operator.position))
    return Chain(first, tuple(links)) if links else first


def read_signed(cursor: Cursor) -> Node:
    """An operand with the signs before it and the power after it."""
    signs = []
    while sign := cursor.accept("+", "-"):
        signs.append(sign)
    operand = read_operand(cursor)
    if power := cursor.accept("^", "**"):
        operand = Power(operand, read_exponent(cursor), power.position)
    return Signed("".join(sign.text for sign in signs), operand, signs[0].position) if signs else operand


def read_exponent(cursor: Cursor) -> int:
    """The whole number after `^`."""
    if cursor.token.kind != "number":
        message = "Expected a whole number after `^`; a power of a column is written `I(x^2)`."
        raise cursor.error(message)
    number = read_number(cursor)
    if number.value < 1 or number.value != int(number.value):
        raise cursor.error("The power of a term is a whole number, at least 1.", cursor.taken)
    if cursor.at("^", "**"):
        raise cursor.error("A power of a power is not available.")
    return int(number.value)


def read_operand(cursor: Cursor) -> Node:
    """A constant, a dot, a column, a call, or a sum or random term in parentheses."""
    token = cursor.token
    if cursor.at("("):
        return read_parenthesis(cursor)
    if starts_call(cursor):
        return read_called(cursor)
    if token.kind == "number":
        number = read_number(cursor)
        if number.value not in (0, 1):
            message = "A number among terms is 1 or 0, the intercept; arithmetic stands inside I(): `I(2 * x)`."
            raise cursor.error(message, token)
        return Constant(int(number.value), token.position)
    if token.kind == "backticked" or (token.kind == "name" and token.text not in RESERVED):
        cursor.take()
        if token.kind == "name" and token.text == ".":
            return Dot(token.position)
        return Variable(Name(token.text, token.position))
    raise no_operand(cursor)


def read_called(cursor: Cursor) -> Variable:
    """A call as a variable, which must be about some column."""
    token = cursor.token
    expression = read_call(cursor)
    if not has_column(expression):
        raise cursor.error("This call names no column.", token)
    return Variable(expression)


def read_parenthesis(cursor: Cursor) -> Enclosed | Bar:
    """A sum in parentheses, or a random term."""
    opening = cursor.take()
    if cursor.at(")"):
        raise cursor.error("Expected a term inside the parentheses.")
    inner = read_sum(cursor)
    bar = cursor.accept("|", "||")
    if bar is None:
        if cursor.at(*MISPLACED) and not cursor.at(")"):
            raise cursor.error(MISPLACED[cursor.token.text])
        close(cursor, opening)
        return Enclosed(inner, opening.position)
    if cursor.at(")"):
        raise cursor.error(f"Expected a grouping factor after `{bar.text}`: `(1 | g)`.")
    group = read_sum(cursor)
    if cursor.at("|", "||"):
        raise cursor.error("A random term has one bar; another factor is a term of its own: `(1 | a) + (1 | b)`.")
    close(cursor, opening)
    return Bar(inner, bar.text, group, opening.position)


def no_operand(cursor: Cursor) -> FormulaSyntax:
    """The error for a word that cannot start a term."""
    token = cursor.token
    if token.kind == "text":
        return cursor.error("A text in quotes is no term; a name with blanks stands in backticks.")
    if token.kind == "name":
        return cursor.error(f"{token} is not a term; a column of that name stands in backticks.")
    if cursor.at("|", "||"):
        return cursor.error(f"Expected terms before `{token.text}`: `(1 | g)`.")
    return cursor.error(f"Expected a term{cursor.after()}, found {token}.")


def no_operator(cursor: Cursor) -> FormulaSyntax:
    """The error for a word that cannot come after a complete right-hand side."""
    token = cursor.token
    if token.kind == "operator":
        message = MISPLACED.get(token.text, f"Expected an operator such as `+`{cursor.after()}, found {token}.")
        return cursor.error(message)
    return cursor.error(f"Expected an operator such as `+` between {cursor.taken} and {token}.")
