"""Formulas that are none, that ask for what there is not, or that try to run code or to take for ever."""

from string import ascii_lowercase

from tests.end_to_end.refusals import Refused, at, formula

CANARY = "canary"
"""The file that hostile formulas try to make."""

LONG = "longer than 10,000 characters"
NAME = "A name cannot start with `_`"
OPERATOR = "Expected an operator"

# formula, part of the detail, position
SYNTAX: list[tuple[str, str, int]] = [
    ("", "The formula is empty", 0),
    ("# y ~ x", "The formula is empty", 0),
    ("y", "has no `~`", 1),
    ("~ x", "has no response", 0),
    ("1 ~ x", "The response must be a column", 0),
    ("y ~ x ~ g", "A formula has one `~`", 6),
    ("y ~ x +", "Expected a term after `+`", 7),
    ("y ~ (x", "not closed", 4),
    ("y ~ x)", "No parenthesis is open", 5),
    ("y ~ ()", "inside the parentheses", 5),
    ("y ~ x x", f"{OPERATOR} such as `+` between `x` and `x`", 6),
    ("y ~ x | g", "stands in parentheses", 6),
    ("y ~ (1 | )", "Expected a grouping factor", 9),
    ("y ~ ( | g)", "Expected terms before `|`", 6),
    ("y ~ (1 | g | x)", "one bar", 11),
    ("y ~ (1 | (1 | g))", "A grouping factor is a column", 9),
    ("y ~ (0 | g)", "no coefficient left", 4),
    ("y ~ (. | g)", "name its columns", 5),
    ("y ~ x^2.5", "whole number", 6),
    ("y ~ x^-1", "whole number", 6),
    ("y ~ 3 + (1 | g)", "arithmetic stands inside I()", 4),
    ("y ~ 1e999", "too large", 4),
    ("y ~ x == 2", "comparison stands inside I()", 6),
    ("y ~ 'x'", "in quotes", 4),
    ("y ~ log('x')", "in quotes", 8),
    ("y ~ `x", "not closed", 4),
    ("y ~ ``", "cannot be empty", 4),
    ("y ~ 2x", "cannot start with a digit", 4),
    ("y ~ NULL", "`NULL` is not a term", 4),
    ("y ~ x\0", "U+0000", 5),
    ("y ~ \u202ex", "U+202E (right-to-left override)", 4),
    ("y ~ \U0001f600", "U+1F600", 4),
    ("y ~ data$x", "named directly", 8),
    ("y ~ x[1]", "cannot pick rows", 5),
    ("y ~ {x}", "without braces", 4),
    ("y ~ x; g", "nothing can follow", 5),
    ("y ~ x <- 3", OPERATOR, 6),
    ("y ~ (x)(x)", OPERATOR, 7),
    ("y ~ log()", "needs the argument `x`", 4),
    ("y ~ log(x, 2, 3)", "too many arguments", 14),
    ("y ~ poly(x, x)", "takes a number", 12),
    ("y ~ poly(x, 0) + (1 | g)", "from 1 to 100", 12),
    ("y ~ ns(x, df = 1e9) + (1 | g)", "from 1 to 100", 15),
    ("y ~ offset(x):x", "only ever added", 4),
    (f"y ~ ({' + '.join(ascii_lowercase)})^13", "expands to too much", 107),
    (f"y ~ {'(' * 41}x{')' * 41}", "nested more than 40 deep", 44),
    (f"y ~ {'(' * 100_000}x{')' * 100_000}", LONG, 10_000),
    (f"y ~ {'x' * 10**6}", LONG, 10_000),
    (f"y ~ I(x{' + x' * 101})", "More than 100 operators", 408),
    ("cbind() ~ x", "", 6),
    ("cbind(y, y) ~ x", "`y` is given twice", 9),
    ("cbind(y, 1) ~ x", "The response must be a column", 9),
    ("cbind(y, x ~ 1", "cannot contain another formula", 11),
    (f"__import__('os').system('touch {CANARY}')", NAME, 0),
    (f"y ~ __import__('os').system('touch {CANARY}')", NAME, 4),
    (f"y ~ $(touch {CANARY})", "named directly", 4),
]

# formula, name, position
FUNCTIONS: list[tuple[str, str, int]] = [
    (f'y ~ I(os.system("touch {CANARY}"))', "os.system", 6),
    (f'y ~ system("touch {CANARY}")', "system", 4),
    (f"y ~ eval(parse(text = 'file.create({CANARY})'))", "eval", 4),
    (f"y ~ open('{CANARY}', 'w')", "open", 4),
    ("y ~ x.__class__()", "x.__class__", 4),
    ("y ~ (function(x) x)(x)", "function", 5),
    ("y ~ lgo(x)", "lgo` here; did you mean `log`?", 4),
    ("y ~ cbind(x, g)", "cbind`", 4),
]

NOT_FINITE = "is not a finite number in row 0, where `x` is 1"
Y, G = "The response", "Column `g` is text"

VALUES = [
    Refused("an unknown column", formula("y ~ xx + (1 | g)"),
            "unknown_column", "`xx`; did you mean `x`?", at("/formula", column="xx", position=4)),
    Refused("an unknown group", formula("y ~ (1 | county)"),
            "unknown_column", "no column `county`", at("/formula", column="county", position=9)),
    Refused("an attribute", formula("y ~ x.__class__ + (1 | g)"),
            "unknown_column", "`x.__class__`", at("/formula", column="x.__class__", position=4)),
    Refused("a path", formula("y ~ `../../etc/passwd`"),
            "unknown_column", "`../../etc/passwd`", at("/formula", column="../../etc/passwd", position=4)),
    Refused("a long name", formula(f"y ~ {'z' * 9000}"),
            "unknown_column", "z…`", at("/formula", column="z" * 39 + "…", position=4)),
    Refused("text as response", formula("g ~ x + (1 | g)"),
            "wrong_type", f"{Y} `g`", at("/formula", column="g", position=0)),
    Refused("truth values as response", formula("y ~ x + (1 | g)", y=[True, False] * 3),
            "wrong_type", "send 0 and 1", at("/formula", column="y", position=0)),
    Refused("several columns as response", formula("poly(y, 2) ~ x + (1 | g)"),
            "wrong_type", f"{Y} `poly(y, 2)`", at("/formula", column="y", position=5)),
    Refused("the logarithm of text", formula("y ~ log(g) + (1 | g)"),
            "wrong_type", G, at("/formula", column="g", position=8)),
    Refused("a polynomial of text", formula("y ~ poly(g, 2) + (1 | g)"),
            "wrong_type", G, at("/formula", column="g", position=9)),
    Refused("groups of several columns", formula("y ~ (1 | poly(x, 2))"),
            "wrong_type", "cannot form groups", at("/formula", position=9)),
    Refused("the logarithm of a negative number", formula("y ~ log(x - 3) + (1 | g)"),
            "not_finite", NOT_FINITE, at("/formula", column="x", row=0, position=4)),
    Refused("a division by zero", formula("y ~ I(x/0) + (1 | g)"),
            "not_finite", NOT_FINITE, at("/formula", column="x", row=0, position=4)),
    Refused("an overflow", formula("y ~ exp(1000 * x) + (1 | g)"),
            "not_finite", NOT_FINITE, at("/formula", column="x", row=0, position=4)),
    Refused("a polynomial of too few values", formula("y ~ poly(x, 6) + (1 | g)"),
            "invalid_request", "more than 6 distinct", at("/formula", position=4)),
    Refused("a scale of zero", formula("y ~ scale(x) + (1 | g)", x=[1] * 6),
            "invalid_request", "all equal", at("/formula", position=4)),
    Refused("knots outside", formula("y ~ ns(x, knots = 99) + (1 | g)"),
            "invalid_request", "between the boundary knots", at("/formula", position=4)),
]  # fmt: skip


def refused(written: str, code: str, detail: str, position: int) -> Refused:
    """The refusal of a formula at a position."""
    return Refused(written[:40], formula(written), code, detail, at("/formula", position=position))


FORMULAS = [
    *(refused(written, "formula_syntax", detail, position) for written, detail, position in SYNTAX),
    *(refused(written, "unknown_function", f"no function `{name}", position) for written, name, position in FUNCTIONS),
    *VALUES,
]
