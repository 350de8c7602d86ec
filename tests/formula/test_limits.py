"""Formulas meant to do harm: each is answered, and quickly."""

from contextlib import suppress
from string import ascii_lowercase
from time import process_time

import pytest

from service.errors import FormulaSyntax, ServiceError
from service.formula import read

LETTERS = "+".join(ascii_lowercase)
MANY = "+".join(f"x{number}" for number in range(1500))
HALF = "+".join(f"x{number}" for number in range(700))
COLUMNS = [f"c{number}" for number in range(4000)]

TOO_MUCH = {
    "power": f"w ~ ({LETTERS})^13",
    "power of powers": f"w ~ ((({LETTERS})^2)^2)^2",
    "stars": f"w ~ {LETTERS.replace('+', '*')}",
    "product": f"w ~ ({HALF}):({HALF})",
    "repeated product": f"w ~ ({LETTERS})^3" + "*a" * 4000,
    "repeated nesting": f"w ~ ({LETTERS})^3" + "/a" * 4000,
    "wide terms": f"w ~ ({':'.join(f'a{n}' for n in range(900))})*({'+'.join(f'b{n}' for n in range(900))})",
    "dots": "w ~ " + "+".join("." * 4500),
    "groups": f"w ~ (1 | {LETTERS.replace('+', '*')})",
    "nested groups": f"w ~ (1 | {MANY.replace('+', '/')})",
    "double bar": f"w ~ ({'+'.join(f'x{n}' for n in range(900))} || {'/'.join(f'g{n}' for n in range(300))})",
}

HARMFUL = {
    "parentheses": "y ~ " + "(" * 5000,
    "closed parentheses": "y ~ " + "(" * 4000 + "x" + ")" * 4000,
    "deepest parentheses": "y ~ " + "(" * 40 + "x" + ")" * 40,
    "deepest calls": "y ~ " + "I(" * 40 + "x" + ")" * 40,
    "calls": "y ~ " + "log(" * 2000,
    "nested sums": "y ~ " + "(" * 40 + "x" + "+a)" * 40,
    "nested products": "y ~ " + "(" * 40 + "x" + "*a+b)" * 40,
    "nested minuses": "y ~ " + "-(" * 40 + ".:x" + ")" * 40,
    "bars": "y ~ " + "(1|" * 2000,
    "signs": "y ~ " + "-" * 9000 + "x",
    "signs in a call": "y ~ I(" + "-" * 9000 + "x)",
    "exclamations": "y ~ " + "!" * 9000,
    "sum in a call": "y ~ I(" + "+".join("x" * 4000) + ")",
    "powers in a call": "y ~ I(" + "^".join("x" * 4000) + ")",
    "power": "y ~ (a + b)^" + "9" * 9000,
    "digits": "y ~ I(x + 0x" + "f" * 9000 + ")",
    "sum": f"y ~ {MANY}",
    "interaction": "y ~ " + MANY.replace("+", ":"),
    "same factor": "y ~ " + "*".join("a" * 4500),
    "random terms": "y ~ " + "+".join(["(1|g)"] * 1600),
    "knots": "y ~ ns(x, knots = c(" + ",".join("1" * 4000) + "))",
    "arguments": "y ~ poly(x" + ",1" * 4000 + ")",
    "long name": "y ~ " + "x" * 9000 + "(z)",
    "blanks": " " * 9999,
    "comments": "#\n" * 4999,
    "backslashes": "y ~ `" + "\\" * 9000,
    "percent signs": "y ~ x " + "%" * 9000,
    "columns": "y ~ .^2",
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_an_expansion_beyond_the_limit_is_refused(text: str) -> None:
    with pytest.raises(FormulaSyntax, match="expands to too much: the limit is 5,000 terms"):
        read(text, COLUMNS)


@pytest.mark.parametrize("text", [*TOO_MUCH.values(), *HARMFUL.values()], ids=[*TOO_MUCH, *HARMFUL])
def test_every_answer_is_quick(text: str) -> None:
    start = process_time()
    with suppress(ServiceError):
        read(text, COLUMNS)
    # 0.1 s of processor time at most on an idle machine; what grows with the square of the text takes far longer.
    assert process_time() - start < 1


def test_large_formulas_within_the_limits_are_read() -> None:
    assert len(read(f"y ~ {MANY}").terms) == 1500
    assert len(read("y0 ~ .^2", ["y0", *COLUMNS[:90]]).terms) == 90 + 90 * 89 // 2
