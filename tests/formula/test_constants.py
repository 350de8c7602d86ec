"""R's `pi` in a calculation, where it is no column."""

import math

import pytest

from service.formula import names_in, read
from service.formula.expression import Binary, Call, Number
from service.formula.formula import Formula

COLUMNS = ["y", "x", "g"]
SEASON = "y ~ sin(2 * pi * x) + (cos(-(pi * x)) | g)"


def names(formula: Formula) -> set[str]:
    return {name.text for name in formula.names}


def test_it_is_a_number_known_by_its_name() -> None:
    formula = read(SEASON, COLUMNS)
    assert names(formula) == {"y", "x", "g"}
    assert formula.text == SEASON
    assert formula.terms == (("sin(2 * pi * x)",),)
    (call,) = (tree for label, tree in formula.variables.items() if label == "sin(2 * pi * x)")
    assert isinstance(call, Call)
    product = call.arguments[0].value
    assert isinstance(product, Binary)
    assert isinstance(product.left, Binary)
    assert product.left.right == Number(math.pi, "pi", 12)


def test_digits_make_the_same_trees() -> None:
    digits = read(SEASON.replace("pi", "3.141592653589793"), COLUMNS)
    assert list(read(SEASON, COLUMNS).variables.values()) == list(digits.variables.values())


@pytest.mark.parametrize("columns", [None, [*COLUMNS, "pi"]], ids=["no columns are known", "a column has its name"])
def test_elsewhere_it_may_be_a_column(columns: list[str] | None) -> None:
    assert names(read(SEASON, columns)) == {"y", "x", "g", "pi"}


@pytest.mark.parametrize("variable", ["pi", "log(pi)", "I(2 * pi)", "I(sqrt(pi) * x)", "factor(pi)"])
def test_what_is_about_nothing_else_is_about_a_column(variable: str) -> None:
    (label,) = read(f"y ~ {variable} + (1 | g)", COLUMNS).terms[0]
    assert "pi" in {name.text for name in names_in(read(f"y ~ {variable} + (1 | g)", COLUMNS).variables[label])}


def test_a_response_may_have_it() -> None:
    assert names(read("I(y / pi) ~ x + (1 | g)", COLUMNS)) == {"y", "x", "g"}
