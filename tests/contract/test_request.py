"""The options of a fit: their defaults, the ways to write them, and what is none; and its formula, or several."""

from math import inf, nan

import pytest
from pydantic import ValidationError

from service.contract import MOST_MODELS, FitOptions, FormulaRequest

FORMULA = "y ~ 1 + (1 | g)"


def test_every_option_but_the_formula_has_a_default() -> None:
    assert FitOptions.model_validate({"formula": FORMULA}).model_dump() == {
        "formula": FORMULA,
        "formulas": None,
        "method": "REML",
        "weights": None,
        "missing": "drop",
        "levels": {},
        "contrasts": {},
        "confidence_level": 0.95,
        "intervals": "wald",
        "df": "satterthwaite",
        "theta": None,
        "include": ["random_effects", "coefficients"],
    }


@pytest.mark.parametrize(
    ("written", "theta"),
    [
        (None, None),
        (0, [0.0]),
        (0.5, [0.5]),
        ([0.5], [0.5]),
        ("inf", [inf]),
        (["inf"], [inf]),
        ([1, 2], [1.0, 2.0]),
        ([0.9, -0.1, 0.2], [0.9, -0.1, 0.2]),
        ([], []),
    ],
)
def test_theta_is_a_number_a_word_or_a_list(written: object, theta: list[float] | None) -> None:
    assert FitOptions.model_validate({"formula": FORMULA, "theta": written}).theta == theta


@pytest.mark.parametrize(("written", "include"), [("fitted", ["fitted"]), (["fitted"], ["fitted"]), ([], [])])
def test_include_is_a_word_or_a_list(written: object, include: list[str]) -> None:
    assert FitOptions.model_validate({"formula": FORMULA, "include": written}).include == include


BAD = [
    ("formula", 1),
    ("formula", [FORMULA]),
    ("method", "reml"),
    ("method", None),
    ("weights", 3),
    ("weights", ""),
    ("weights", "w" * 1001),
    ("missing", "fill"),
    ("levels", []),
    ("levels", {"f": "a"}),
    ("levels", {"f": [1]}),
    ("levels", {"": ["a"]}),
    ("contrasts", {"f": "dummy"}),
    ("contrasts", "sum"),
    ("confidence_level", 0),
    ("confidence_level", 1),
    ("confidence_level", 95),
    ("confidence_level", "0.95"),
    ("confidence_level", True),
    ("confidence_level", nan),
    ("intervals", "exact"),
    ("intervals", True),
    ("df", "kr"),
    ("df", 12),
    ("theta", -0.5),
    ("theta", [-0.5]),
    ("theta", [0.5, nan]),
    ("theta", nan),
    ("theta", "x"),
    ("theta", "0.5"),
    ("theta", True),
    ("theta", {}),
    ("theta", [[1]]),
    ("include", "everything"),
    ("include", ["fitted", 1]),
    ("include", None),
    ("metod", "ML"),
    ("data", {}),
]


@pytest.mark.parametrize(("option", "value"), BAD)
def test_an_option_is_of_its_type_and_in_its_range(option: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        FitOptions.model_validate({"formula": FORMULA, option: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [option]


@pytest.mark.parametrize("formulas", [[FORMULA], [FORMULA, ""], [FORMULA] * MOST_MODELS])
def test_there_may_be_several_formulas(formulas: list[str]) -> None:
    options = FitOptions.model_validate({"formulas": formulas, "formula": None})
    assert (options.formula, options.formulas) == (None, formulas)


@pytest.mark.parametrize(
    ("formulas", "place", "words"),
    [
        ([], ("formulas",), "at least 1 item"),
        ([FORMULA] * (MOST_MODELS + 1), ("formulas",), "at most 1000 items"),
        (FORMULA, ("formulas",), "valid list"),
        ({"0": FORMULA}, ("formulas",), "valid list"),
        ([FORMULA, 1, 2], ("formulas", 1), "valid string"),
        ([None] * 10**6, ("formulas", 0), "valid string"),
    ],
    ids=["none", "too many", "a text", "an object", "numbers", "a million nulls"],
)
def test_formulas_are_a_list_of_texts(formulas: object, place: tuple[str | int, ...], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        FitOptions.model_validate({"formulas": formulas})
    (error,) = caught.value.errors(include_input=False)
    assert error["loc"] == place
    assert words in error["msg"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Send either `formula` or `formulas`"),
        ({"formula": None, "formulas": None}, "Send either `formula` or `formulas`"),
        ({"formula": FORMULA, "formulas": [FORMULA]}, "not both"),
    ],
)
def test_there_is_one_formula_or_a_list(asked: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        FitOptions.model_validate(asked)
    assert [error["loc"] for error in caught.value.errors()] == [("formula",)]


@pytest.mark.parametrize("columns", [None, [], ["y", "a b"]])
def test_columns_of_a_formula(columns: list[str] | None) -> None:
    assert FormulaRequest.model_validate({"formula": FORMULA, "columns": columns}).columns == columns
