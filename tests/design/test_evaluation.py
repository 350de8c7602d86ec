import numpy as np
import pytest

from service.data.table import Categorical, Logical, Numeric
from service.design.evaluation import Basis, Value, evaluate, take_constants
from service.errors import FormulaSyntax, InvalidRequest, NotFinite, ServiceError, UnknownColumn, WrongType
from service.formula import FUNCTIONS, read
from service.formula.expression import Binary, Name, Truth
from tests.design.tables import table

TABLE = table(
    x=[1, 2, 3, None, 6],
    z=[-2, 0, 4, 1, -1],
    same=[7, 7, 7, 7, 7],
    huge=[1e200, -3e200, 2e200, 0, 5e199],
    f=["b", "a", "b", None, "c"],
    l=[True, False, None, True, False],
)
NA = float("nan")


def value_of(text: str) -> Value:
    """The value of one variable, written as the predictor of a formula."""
    formula = read(f"response ~ {text}")
    expression = formula.variables[(*formula.offsets, *(term[0] for term in formula.terms))[0]]
    return evaluate(expression, TABLE, take_constants([expression], TABLE))


NUMBERS: dict[str, list[float]] = {
    "x": [1, 2, 3, NA, 6],
    "I(x)": [1, 2, 3, NA, 6],
    "I(x^2)": [1, 4, 9, NA, 36],
    "I(-z^2)": [-4, 0, -16, -1, -1],
    "I((x + 1) * 2 - z / 4)": [4.5, 6, 7, NA, 14.25],
    "I(z %% 3)": [1, 0, 1, 1, 2],
    "I(z %/% 3)": [-1, 0, 1, 0, -1],
    "I(+x)": [1, 2, 3, NA, 6],
    "I(x * l)": [1, 0, NA, NA, 0],
    "I((z > 0) + 1)": [1, 1, 2, 2, 1],
    "I(scale(x) * 0)": [0, 0, 0, NA, 0],
    "abs(z)": [2, 0, 4, 1, 1],
    "log(x, 2)": [0, 1, np.log2(3), NA, np.log2(6)],
    "log(base = 6, x)": [0, np.log(2) / np.log(6), np.log(3) / np.log(6), NA, 1],
    "offset(z)": [-2, 0, 4, 1, -1],
    "scale(x, center = 1, scale = 1/2)": [0, 2, 4, NA, 10],
    "scale(x, center = -(1 + 1), scale = +2)": [1.5, 2, 2.5, NA, 4],
    "scale(x, scale = FALSE)": [-2, -1, 0, NA, 3],
    "poly(x, 1, raw = TRUE)": [1, 2, 3, NA, 6],
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_computed_row_by_row(text: str) -> None:
    value = value_of(text)
    assert isinstance(value, Numeric)
    # Quotients of logarithms round differently from logarithms.
    np.testing.assert_allclose(value.values, NUMBERS[text], rtol=1e-14)


LOGICALS: dict[str, list[float]] = {
    "I(x > 2)": [0, 0, 1, NA, 1],
    "I(x == z + 3)": [1, 0, 0, NA, 0],
    "I(2 >= z)": [1, 1, 0, 1, 1],
    "I(z != 0)": [1, 0, 1, 1, 1],
    "I((x < z))": [0, 0, 1, NA, 0],
    "I(x <= 2)": [1, 1, 0, NA, 0],
    "I(l)": [1, 0, NA, 1, 0],
}


@pytest.mark.parametrize("text", LOGICALS)
def test_comparisons_are_logical(text: str) -> None:
    value = value_of(text)
    assert isinstance(value, Logical)
    np.testing.assert_array_equal(value.values, LOGICALS[text])


LABELS = {
    "factor(f)": ("a", "b", "c"),
    "as.factor(z)": ("-2", "-1", "0", "1", "4"),
    "factor(x / 3)": ("0.333333333333333", "0.666666666666667", "1", "2"),
    "factor(l)": ("FALSE", "TRUE"),
    "I(f)": ("a", "b", "c"),
}


@pytest.mark.parametrize("text", LABELS)
def test_factors_have_levels(text: str) -> None:
    value = value_of(text)
    assert isinstance(value, Categorical)
    assert value.levels == LABELS[text]


@pytest.mark.parametrize("text", ["poly(x, 2)", "ns(x, df = 2)", "bs(x)", "I(poly(z, 3))"])
def test_several_columns_are_a_basis(text: str) -> None:
    value = value_of(text)
    assert isinstance(value, Basis)
    assert value.values.shape[0] == 5
    assert value.values.flags.f_contiguous


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_of_the_formula_language_can_be_computed(function: str) -> None:
    value = value_of(f"{function}(x)")
    missing = value.codes < 0 if isinstance(value, Categorical) else np.isnan(value.values.reshape(5, -1)).any(axis=1)
    assert missing.tolist() == [False, False, False, True, False]


def test_a_scale_does_not_overflow() -> None:
    value = value_of("scale(huge)")
    assert isinstance(value, Numeric)
    # The mean of squares about the mean is one by definition, but for rounding.
    assert np.var(value.values, ddof=1) == pytest.approx(1.0, rel=1e-12)


# text: the error, what it says, and where: column, row and position in `response ~ text`.
REFUSALS: dict[str, tuple[type[ServiceError], str, str | None, int | None, int]] = {
    "log(z)": (NotFinite, "`log(z)` is not a finite number in row 0, where `z` is -2.", "z", 0, 11),
    "I(x/z)": (NotFinite, "`I(x/z)` is not a finite number in row 1, where `x` is 2 and `z` is 0.", "x", 1, 11),
    "exp(I(z * 500))": (NotFinite, "`exp(I(z * 500))` is not a finite number in row 2, where `z` is 4.", "z", 2, 11),
    "poly(log(z), 2)": (NotFinite, "`log(z)` is not a finite number in row 0, where `z` is -2.", "z", 0, 16),
    "poly(huge, 2, raw = TRUE)": (
        NotFinite,
        "`poly(huge, 2, raw = TRUE)` is not a finite number in row 0, where `huge` is 1e+200.",
        "huge",
        0,
        11,
    ),
    "log(w)": (UnknownColumn, "The data have no column `w`.", "w", None, 15),
    "log(f)": (WrongType, "Column `f` is text; a calculation needs numbers.", "f", None, 15),
    "I(x + f)": (WrongType, "Column `f` is text; a calculation needs numbers.", "f", None, 17),
    "I(factor(f) + 1)": (
        WrongType,
        "`factor(f)` is not one column of numbers, which a calculation needs.",
        None,
        None,
        13,
    ),
    "log(poly(x, 2))": (
        WrongType,
        "`poly(x, 2)` is not one column of numbers, which a calculation needs.",
        None,
        None,
        15,
    ),
    "factor(poly(x, 2))": (WrongType, "factor() takes one column, not several.", None, None, 11),
    "scale(same)": (InvalidRequest, "scale() would divide by zero: the values are all equal.", None, None, 11),
    "scale(x, scale = 0)": (InvalidRequest, "scale() would divide by zero: the values are all equal.", None, None, 11),
    "poly(x, 4)": (InvalidRequest, "poly() of degree 4 needs more than 4 distinct values.", None, None, 11),
    "poly(huge, 2)": (
        InvalidRequest,
        "The powers of these values up to 2 are too large or too small; scale them.",
        None,
        None,
        11,
    ),
    "ns(same)": (InvalidRequest, "ns() needs values that differ.", None, None, 11),
    "bs(x, knots = c(2, 8))": (InvalidRequest, "The knots must lie between the boundary knots.", None, None, 11),
    "poly(x, 0)": (FormulaSyntax, "`degree` must be a whole number from 1 to 100 here.", None, None, 19),
    "poly(x, 1.5)": (FormulaSyntax, "`degree` must be a whole number from 1 to 100 here.", None, None, 19),
    "bs(x, df = 2)": (FormulaSyntax, "`df` must be a whole number from 3 to 100 here.", None, None, 22),
    "bs(x, df = 1e9)": (FormulaSyntax, "`df` must be a whole number from 3 to 100 here.", None, None, 22),
    "ns(x, df = 1, intercept = TRUE)": (
        FormulaSyntax,
        "`df` must be a whole number from 2 to 100 here.",
        None,
        None,
        22,
    ),
    "ns(x, Boundary.knots = c(1, 2, 3))": (
        FormulaSyntax,
        "`Boundary.knots` takes two different numbers.",
        None,
        None,
        34,
    ),
    "log(x, base = sqrt(2))": (FormulaSyntax, "`base` must be a number.", None, None, 25),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_cannot_be_computed_is_refused_with_its_place(text: str) -> None:
    error, sentence, column, row, position = REFUSALS[text]
    with pytest.raises(error) as refusal:
        value_of(text)
    assert refusal.value.detail == sentence
    (fault,) = refusal.value.faults
    assert (fault.column, fault.row, fault.position) == (column, row, position)


def test_a_constant_that_is_no_number_is_refused() -> None:
    with pytest.raises(FormulaSyntax, match="This cannot be part of a calculation"):
        evaluate(Binary("+", Name("x", 0), Truth(True, 4), 0), TABLE, {})


def test_nothing_is_refused_where_an_input_is_missing() -> None:
    assert isinstance(value_of("log(x)"), Numeric)


def test_one_call_is_measured_once_wherever_it_stands() -> None:
    formula = read("y ~ scale(x) + I(scale(x)^2) + poly(scale(x), 2)")
    constants = take_constants(formula.variables.values(), table(x=[1.0, 2.0, 6.0], y=[0, 0, 0]))
    assert set(constants) == {"scale(x)", "poly(scale(x), 2)"}
    # The deviations -2, -1, 3 have a sum of squares of 14.
    assert constants["scale(x)"] == {"center": (3.0,), "scale": (pytest.approx(7**0.5),)}
