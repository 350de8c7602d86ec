"""The functions a formula may call: a closed table of names and parameters, and how a call's arguments meet them.

The table says what may be written; what a function computes is the business of the design.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from service.formula.diagnosis import syntax_error
from service.formula.expression import Call, Expression, Truth, Vector
from service.formula.variables import has_column

Kind = Literal["variable", "number", "numbers", "truth", "truth or number"]
"""What a parameter takes: an expression of columns, or a constant of some kind."""


DESCRIPTIONS: Mapping[Kind, str] = {
    "variable": "a column or a calculation with columns",
    "number": "a number",
    "numbers": "a number or several: c(1, 2)",
    "truth": "TRUE or FALSE",
    "truth or number": "TRUE, FALSE or a number",
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function's parameters by name, in R's order, of which the first must be given; and the package it is from."""

    parameters: Mapping[str, Kind]
    package: str = "base"


FUNCTIONS: Mapping[str, Function] = {
    "I": Function({"x": "variable"}),
    "abs": Function({"x": "variable"}),
    "as.factor": Function({"x": "variable"}),
    "bs": Function(
        {
            "x": "variable",
            "df": "number",
            "knots": "numbers",
            "degree": "number",
            "intercept": "truth",
            "Boundary.knots": "numbers",
        },
        "splines",
    ),
    "cos": Function({"x": "variable"}),
    "exp": Function({"x": "variable"}),
    "expm1": Function({"x": "variable"}),
    "factor": Function({"x": "variable"}),
    "log": Function({"x": "variable", "base": "number"}),
    "log10": Function({"x": "variable"}),
    "log1p": Function({"x": "variable"}),
    "log2": Function({"x": "variable"}),
    "ns": Function(
        {"x": "variable", "df": "number", "knots": "numbers", "intercept": "truth", "Boundary.knots": "numbers"},
        "splines",
    ),
    "offset": Function({"object": "variable"}, "stats"),
    "poly": Function({"x": "variable", "degree": "number", "raw": "truth"}, "stats"),
    "scale": Function({"x": "variable", "center": "truth or number", "scale": "truth or number"}),
    "sin": Function({"x": "variable"}),
    "sqrt": Function({"x": "variable"}),
    "tan": Function({"x": "variable"}),
}

ADVICE = {
    "C": "use factor(); how it is coded is the option `contrasts`",
    "as.numeric": "a numeric column needs no conversion",
    "c": "c() only stands as an argument's value: `knots = c(1, 2)`",
    "cbind": "cbind() only stands as the whole left side: `cbind(a, b) ~ x`",
    "center": "use scale(x, scale = FALSE)",
    "cut": "make the categories in the data",
    "function": "functions cannot be defined in a formula",
    "glmer": "only linear models, lmer(), can be fitted",
    "ifelse": "use a comparison: I(x > 0)",
    "interaction": "use `a:b`",
    "ln": "use log()",
    "mean": "scale(x, scale = FALSE) is x less its mean",
    "lm": "write the formula alone, or inside lmer()",
    "np.exp": "use exp()",
    "np.log": "use log()",
    "np.sqrt": "use sqrt()",
    "ordered": "use factor(); how it is coded is the option `contrasts`",
    "pow": "use I(x^2)",
    "relevel": "the order of levels is the option `levels`",
    "standardize": "use scale()",
}
"""Functions people try, with what to write instead."""


def match_arguments(call: Call, source: str = "") -> dict[str, Expression]:
    """The value of each parameter given in a call, by the parameter's name, in the table's order.

    As in R, named arguments take their parameters first and the others fill what is left, in order. Raises
    FormulaSyntax, with an excerpt of `source`, for a call that does not fit the table; a parsed call always fits.
    """
    parameters = FUNCTIONS[call.function].parameters
    named = {argument.name for argument in call.arguments if argument.name is not None}
    free = iter([parameter for parameter in parameters if parameter not in named])
    values: dict[str, Expression] = {}
    for argument in call.arguments:
        name = argument.name or next(free, None)
        if name is None:
            message = f"{call.function}() has too many arguments; it takes {', '.join(parameters)}."
            raise syntax_error(source, argument.value.position, message)
        _check_kind(call, name, argument.value, source)
        values[name] = argument.value
    first = next(iter(parameters))
    if first not in values:
        raise syntax_error(source, call.position, f"{call.function}() needs the argument `{first}`.")
    return {name: values[name] for name in parameters if name in values}


def _check_kind(call: Call, name: str, value: Expression, source: str) -> None:
    """Raise FormulaSyntax if the value is not what the parameter takes."""
    kind = FUNCTIONS[call.function].parameters[name]
    match value:
        case Truth():
            fits = "truth" in kind
        case Vector():
            fits = kind == "numbers"
        case _:
            fits = kind == "variable" if has_column(value) else kind != "truth"
    if not fits:
        message = f"`{name}` of {call.function}() takes {DESCRIPTIONS[kind]}."
        raise syntax_error(source, value.position, message)
