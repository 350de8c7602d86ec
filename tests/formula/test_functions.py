"""How the arguments of a call meet the parameters of its function."""

import pytest

from service.formula import FUNCTIONS, label, match_arguments, parse, read
from service.formula.expression import Call
from service.formula.syntax import Variable

MATCHED = {
    "log(x)": {"x": "x"},
    "log(x, 2)": {"x": "x", "base": "2"},
    "log(base = 2, x)": {"x": "x", "base": "2"},
    "log(base = exp(1), x = z + 1)": {"x": "z + 1", "base": "exp(1)"},
    "poly(x, 2, TRUE)": {"x": "x", "degree": "2", "raw": "TRUE"},
    "poly(raw = T, 3, x = x)": {"x": "x", "degree": "3", "raw": "TRUE"},
    "scale(x, scale = F)": {"x": "x", "scale": "FALSE"},
    "scale(x, FALSE, 2 * 3)": {"x": "x", "center": "FALSE", "scale": "2 * 3"},
    "ns(x, 3)": {"x": "x", "df": "3"},
    "splines::ns(x, knots = c(1, -2.5), Boundary.knots = c(0, 10))": {
        "x": "x",
        "knots": "c(1, -2.5)",
        "Boundary.knots": "c(0, 10)",
    },
    "bs(x, knots = 5, degree = 2, intercept = TRUE)": {"x": "x", "knots": "5", "degree": "2", "intercept": "TRUE"},
    "I(T + 1)": {"x": "T + 1"},
    "log(T)": {"x": "T"},
    "base::sqrt(x)": {"x": "x"},
}


@pytest.mark.parametrize(("text", "arguments"), MATCHED.items())
def test_arguments_meet_their_parameters(text: str, arguments: dict[str, str]) -> None:
    syntax = parse(f"y ~ {text}")
    assert isinstance(syntax.predictors, Variable)
    call = syntax.predictors.expression
    assert isinstance(call, Call)
    assert {name: label(value) for name, value in match_arguments(call).items()} == arguments


def test_a_package_stays_in_the_name_as_in_r() -> None:
    assert read("y ~ splines::ns(x, df = 3)").terms == (("splines::ns(x, df = 3)",),)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_takes_a_variable_first(function: str) -> None:
    assert next(iter(FUNCTIONS[function].parameters.values())) == "variable"
