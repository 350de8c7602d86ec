"""The tree of one variable: R's precedences, seen by putting every operation in braces."""

import pytest

from service.formula import parse
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

# R 4.2 groups these alike: a sign binds tighter than `%%` and looser than `^`, and `^` binds to the right.
GROUPED = {
    "a + b - c": "{{a + b} - c}",
    "a - b * c": "{a - {b * c}}",
    "a * b / c": "{{a * b} / c}",
    "a * b %% c": "{a * {b %% c}}",
    "a %% b %/% c": "{{a %% b} %/% c}",
    "-a ^ 2": "{-{a ^ 2}}",
    "-a %% b": "{{-a} %% b}",
    "-a * b": "{{-a} * b}",
    "- - a + b": "{{-{-a}} + b}",
    "a ^ b ^ c": "{a ^ {b ^ c}}",
    "a ^ -b ^ c": "{a ^ {-{b ^ c}}}",
    "a ** 2": "{a ^ 2}",
    "2 ^ -a + b": "{{2 ^ {-a}} + b}",
    "a + 1 > b * 2": "{{a + 1} > {b * 2}}",
    "(a + b) * c": "{({a + b}) * c}",
    "(a > b) == (b > a)": "{({a > b}) == ({b > a})}",
    "a - +b": "{a - {+b}}",
    "log(a + 1, base = 2) / b": "{log({a + 1}, base = 2) / b}",
    "poly(a, 2, raw = T) + ns(b, knots = c(1, -2))": "{poly(a, 2, raw = TRUE) + ns(b, knots = c(1, {-2}))}",
}


def grouped(expression: Expression) -> str:
    match expression:
        case Name(text) | Number(text=text):
            return text
        case Truth(value):
            return str(value).upper()
        case Unary(operator, operand):
            return f"{{{operator}{grouped(operand)}}}"
        case Binary(operator, left, right):
            return f"{{{grouped(left)} {operator} {grouped(right)}}}"
        case Parenthesis(inner):
            return f"({grouped(inner)})"
        case Vector(items):
            return f"c({', '.join(map(grouped, items))})"
        case Call(function, arguments):
            return f"{function}({', '.join(map(written, arguments))})"


def written(argument: Argument) -> str:
    return f"{argument.name} = {grouped(argument.value)}" if argument.name else grouped(argument.value)


@pytest.mark.parametrize(("text", "tree"), GROUPED.items())
def test_operations_are_grouped_as_r_groups_them(text: str, tree: str) -> None:
    assert grouped(parse(f"{text} ~ 1").responses[0]) == tree


def test_trees_are_equal_wherever_they_stand_and_however_their_numbers_are_written() -> None:
    assert parse("I( a+10 ) ~ 1").responses[0] == parse("  I(a + 1e1) ~ 1").responses[0]
    assert parse("I(a + 10) ~ 1").responses[0] != parse("I(a - 10) ~ 1").responses[0]


def test_every_node_knows_where_it_starts() -> None:
    call = parse("y + log(a * (2 - b)) ~ 1").responses[0]
    assert isinstance(call, Binary)
    assert isinstance(call.right, Call)
    product = call.right.arguments[0].value
    assert isinstance(product, Binary)
    assert (call.position, call.right.position, product.position, product.right.position) == (0, 4, 8, 12)
