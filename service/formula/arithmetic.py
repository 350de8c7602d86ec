"""The grammar of one variable: `log(y + 1)`, `poly(x, 2, raw = TRUE)`, `I(a * b / 100)`.

Reads from a cursor and gives the variable's tree, by precedence climbing with R's precedences. Everything here is
arithmetic on columns: the formula's own meaning of `+`, `*` and `^` ends at the parenthesis of a call.
"""

from math import inf

from service.errors import FormulaSyntax
from service.formula import limits
from service.formula.cursor import Cursor
from service.formula.diagnosis import quoted, suggestion, unknown_function
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
from service.formula.functions import ADVICE, FUNCTIONS, match_arguments
from service.formula.names import RESERVED
from service.formula.tokens import Token
from service.formula.variables import has_column

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
BINDING = {"+": 2, "-": 2, "*": 3, "/": 3, "%%": 4, "%/%": 4, "^": 6} | dict.fromkeys(COMPARISONS, 1)
"""How tightly an operator binds, as in R: a sign binds tighter than `%%` and looser than `^`."""

SIGN = 5

ABSENT = {
    ":": "Inside a call `:` would be a sequence, which is not available; an interaction stands outside: `log(a):b`.",
    "%in%": "`%in%` is not available inside a call.",
    "&": "`&` is not available; multiply comparisons: `I((a > 1) * (b > 1))`.",
    "&&": "`&&` is not available; multiply comparisons: `I((a > 1) * (b > 1))`.",
    "|": "`|` has no meaning here; a random term stands among the terms: `y ~ x + (1 | g)`.",
    "||": "`||` has no meaning here; a random term stands among the terms: `y ~ x + (x || g)`.",
    "!": "`!` is not available; turn the comparison round: `I(a <= 1)`.",
    "<-": "`<-` would be an assignment; put a blank between `<` and `-`.",
    "~": "A call cannot contain another formula.",
}
"""Operators of R that arithmetic here does without, with what to write instead."""


def read_variable(cursor: Cursor) -> Expression:
    """The tree of the variable that starts at the cursor.

    Raises FormulaSyntax for what is not arithmetic on columns, and UnknownFunction for a function not in the table.
    """
    return _Arithmetic(cursor).expression(0)


def read_call(cursor: Cursor) -> Call:
    """The tree of the call that starts at the cursor, without any arithmetic after it; raises as `read_variable`."""
    return _Arithmetic(cursor).call()


def starts_call(cursor: Cursor) -> bool:
    """Whether a function's name and a parenthesis come next."""
    return cursor.token.kind == "name" and cursor.at("(", "::", ":::", ahead=1)


class _Arithmetic:
    """The reading of one variable, counting its operators."""

    __slots__ = ("cursor", "operators")

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.operators = 0

    def expression(self, loosest: int) -> Expression:
        """An operand and every operator after it that binds at least as tightly as `loosest`."""
        left = self.prefixed()
        while self.cursor.token.kind == "operator":
            operator = self.cursor.token.text.replace("**", "^")
            binding = BINDING.get(operator, -1)
            if binding < loosest:
                break
            if binding == 1 and isinstance(left, Binary) and left.operator in COMPARISONS:
                raise self.cursor.error("Comparisons cannot be chained; put one of them in parentheses.")
            self.count(self.cursor.take())
            right = self.expression(binding if operator == "^" else binding + 1)
            left = Binary(operator, left, right, left.position)
        return left

    def prefixed(self) -> Expression:
        """An operand with the signs before it."""
        sign = self.cursor.accept("-", "+")
        if sign is None:
            return self.operand()
        self.count(sign)
        return Unary(sign.text, self.expression(SIGN), sign.position)

    def count(self, operator: Token) -> None:
        """Raise FormulaSyntax when a variable has grown too large for a recursion through its tree."""
        self.operators += 1
        if self.operators > limits.OPERATORS:
            message = f"More than {limits.OPERATORS} operators in one variable; compute it in the data."
            raise self.cursor.error(message, operator)

    def operand(self) -> Expression:
        """A column, a number, a call or something in parentheses."""
        cursor, token = self.cursor, self.cursor.token
        if starts_call(cursor):
            if token.text == "offset":
                raise cursor.error("An offset stands on its own among the terms: `y ~ x + offset(z)`.")
            return self.call()
        if token.kind == "backticked" or (token.kind == "name" and token.text not in RESERVED and token.text != "."):
            cursor.take()
            return Name(token.text, token.position)
        if token.kind == "number":
            return read_number(cursor)
        if opening := cursor.accept("("):
            inner = self.expression(0)
            close(cursor, opening)
            return Parenthesis(inner, opening.position)
        raise self.no_operand()

    def no_operand(self) -> FormulaSyntax:
        """The error for a word that cannot start a column, a number or a call."""
        cursor, token = self.cursor, self.cursor.token
        if token.kind == "operator" and token.text in ABSENT:
            return cursor.error(ABSENT[token.text])
        if token.kind == "text":
            return cursor.error("A text in quotes is no value here; a name with blanks stands in backticks.")
        if token.kind == "name" and token.text == ".":
            return cursor.error("`.` stands for all other columns outside of calls only.")
        if token.kind == "name":
            return cursor.error(f"{token} is not allowed here; a column of that name stands in backticks.")
        return cursor.error(f"Expected a column or a number{cursor.after()}, found {token}.")

    def call(self) -> Call:
        """A function of the table with its arguments."""
        cursor = self.cursor
        name, package = read_function_name(cursor)
        opening = cursor.expect("(", f"after {cursor.taken}")
        arguments: list[Argument] = []
        while not cursor.at(")") or arguments:
            arguments.append(self.argument(name.text, arguments))
            if not cursor.accept(","):
                break
        close(cursor, opening)
        call = Call(name.text, tuple(arguments), name.position, package)
        match_arguments(call, cursor.source)
        return call

    def argument(self, function: str, earlier: list[Argument]) -> Argument:
        """One argument; raises FormulaSyntax for a name that the function does not have or that came before."""
        cursor, name = self.cursor, None
        if cursor.token.kind in ("name", "backticked") and cursor.at("=", ahead=1):
            token = cursor.take()
            cursor.take()
            name = token.text
            parameters = FUNCTIONS[function].parameters
            if name not in parameters:
                raise cursor.error(f"{function}() has no argument {token}; it takes {', '.join(parameters)}.", token)
            if name in [argument.name for argument in earlier]:
                raise cursor.error(f"The argument {token} is given twice.", token)
        return Argument(name, self.value(constant=bool(name or earlier)))

    def value(self, *, constant: bool) -> Expression:
        """An argument's value; where a `constant` may stand, `c(...)`, T and F are what R makes of them."""
        cursor, token = self.cursor, self.cursor.token
        truths = ("TRUE", "FALSE", "T", "F") if constant else ("TRUE", "FALSE")
        if token.kind == "name" and token.text in truths and cursor.at(",", ")", ahead=1):
            cursor.take()
            return Truth(token.text[0] == "T", token.position)
        if constant and token.kind == "name" and token.text == "c" and cursor.at("(", ahead=1):
            return self.vector()
        return self.expression(0)

    def vector(self) -> Vector:
        """The constants of `c(...)`; raises FormulaSyntax for anything else in it."""
        cursor, name = self.cursor, self.cursor.take()
        opening = cursor.take()
        items = [self.constant()]
        while cursor.accept(","):
            items.append(self.constant())
        close(cursor, opening)
        return Vector(tuple(items), name.position)

    def constant(self) -> Expression:
        """A number or a calculation with numbers."""
        start = self.cursor.token
        value = self.expression(0)
        if has_column(value):
            raise self.cursor.error("c() takes numbers only.", start)
        return value


def read_number(cursor: Cursor) -> Number:
    """The number at the cursor; raises FormulaSyntax if double precision cannot hold it."""
    token = cursor.take()
    digits = token.text.removesuffix("L")
    try:
        value = float(int(digits, 16)) if digits[:2] in ("0x", "0X") else float(digits)
    except OverflowError:
        value = inf
    if value == inf:
        raise cursor.error("This number is too large.", token)
    return Number(value, token.text, token.position)


def read_function_name(cursor: Cursor) -> tuple[Token, str | None]:
    """The name of a function of the table, and the package before it if one is named.

    Raises UnknownFunction for any other, saying what comes closest.
    """
    first = cursor.take()
    function, package = first.text, None
    if cursor.accept("::", ":::"):
        package, function = first.text, cursor.take().text
        if function not in FUNCTIONS or package != FUNCTIONS[function].package:
            message = f"There is no function {quoted(f'{package}::{function}')} here."
            raise unknown_function(cursor.source, first.position, message)
    elif function not in FUNCTIONS:
        hint = f"; {ADVICE[function]}." if function in ADVICE else suggestion(function, FUNCTIONS)
        raise unknown_function(cursor.source, first.position, f"There is no function {quoted(function)} here{hint}")
    return Token("name", function, first.position), package


def close(cursor: Cursor, opening: Token) -> None:
    """Read the parenthesis that closes `opening`; raises FormulaSyntax if something else stands there."""
    token = cursor.token
    if cursor.accept(")"):
        return
    if token.kind == "end":
        raise cursor.error("This parenthesis is not closed: expected `)`.", opening)
    if token.kind == "operator" and token.text in ABSENT:
        raise cursor.error(ABSENT[token.text])
    raise cursor.error(f"Expected an operator or `)`{cursor.after()}, found {token}.")
