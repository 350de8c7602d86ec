"""Designs of several formulas: each is the one its formula alone would have, and equal parts are the same objects."""

from typing import Any

import pytest

from service.design import Design, construction, make_design, make_designs, make_lots
from service.errors import InvalidRequest, MissingValues, NotFinite, ServiceError, UnknownColumn, WrongType
from service.formula import read
from service.formula.formula import Formula
from tests.design.test_several_responses import ROWS, content

TEXTS = [
    "a ~ x * f + offset(w) + (poly(x, 2) || g)",
    "b ~ x * f + offset(w) + (poly(x, 2) || g)",
    "b ~ x + (1 | g)",
    "gap ~ 0 + f + x + (1 | f/g)",
    "same_gap ~ f + (x | f:g)",
    "log(gap) ~ f + offset(w) + (1 | g) + (1 | f)",
    "a ~ absent + (1 | g)",
    "log(b - 2) ~ x + (1 | g)",
    "text ~ x + (1 | g)",
    "nothing ~ 1 + (1 | g)",
    "scale(a) ~ scale(other_gap) + (scale(x) | g)",
    "b ~ poly(x, 99) + (1 | g)",
]
OPTIONS = {"weights": "w", "contrasts": {"f": "sum"}, "levels": {"f": ["r", "q", "p"]}}


def made(*texts: str, **options: Any) -> list[Design | ServiceError]:  # Any: those of make_design
    return make_designs([read(text) for text in texts], ROWS, **options)


def alone(formula: Formula, **options: Any) -> Design | ServiceError:  # Any: those of make_design
    try:
        return make_design(formula, ROWS, **options)
    except ServiceError as error:
        return error


def both(*texts: str) -> list[Design]:
    return [design for design in made(*texts) if isinstance(design, Design)]


@pytest.mark.parametrize("options", [{}, OPTIONS, {"missing": "error"}], ids=["none", "all", "no gaps"])
@pytest.mark.parametrize("texts", [TEXTS, TEXTS[::-1], TEXTS[:1] * 3], ids=["", "reversed", "repeated"])
def test_each_design_is_that_of_its_formula_alone(texts: list[str], options: dict[str, object]) -> None:
    found = made(*texts, **options)
    assert [content(each) for each in found] == [content(alone(read(text), **options)) for text in texts]


def test_the_errors_are_each_formula_s_own() -> None:
    assert [type(each) for each in made("a ~ zz", "b ~ f", "log(b - 2) ~ x", "text ~ f", "zz ~ f")] == [
        UnknownColumn, Design, NotFinite, WrongType, UnknownColumn,
    ]  # fmt: skip
    assert [type(each) for each in made("a ~ gap", "a ~ f", missing="error")] == [MissingValues, Design]


def test_equal_parts_are_the_same_objects() -> None:
    first, second, third = both("a ~ f + x + offset(w) + (x | g)", "b ~ f + x + (x | g)", "log(a) ~ f + (x | g)")
    assert first.rows is second.rows is third.rows
    assert first.X is second.X
    assert first.random is second.random is third.random
    assert first.y is not second.y


def test_a_variable_has_the_same_numbers_in_all_of_them() -> None:
    first, second = both("a ~ log(b) + x * f + (1 | g)", "gap ~ x + log(b) + f")
    assert first.rows is not second.rows
    first, second = both("a ~ log(b) + x * f + (1 | g)", "b ~ x + log(b) + f")
    numbers = [dict(zip(each.names, range(len(each.names)), strict=True)) for each in (first, second)]
    for name in ("x", "log(b)"):
        assert first.X.column(numbers[0][name]) is second.X.column(numbers[1][name])


def test_a_factor_has_one_grouping_on_the_same_rows() -> None:
    designs = both("a ~ 1 + (1 | g)", "b ~ f + (f | g)", "a ~ f + (1 | f) + (1 | g)", "a ~ (1 | f:g)", "gap ~ (1 | g)")
    first, second, third, fourth, fifth = ([effect.grouping for effect in each.random] for each in designs)
    assert first[0] is second[0] is third[1]
    assert len({id(each[0]) for each in (first, third, fourth, fifth)}) == 4


def test_gaps_in_other_columns_leave_the_same_rows() -> None:
    first, second = both("gap ~ f", "same_gap ~ f")
    assert first.rows is second.rows
    assert first.X is second.X


def test_an_option_may_be_about_any_of_them_and_holds_for_those_it_is_about() -> None:
    first, second = made("a ~ factor(b) + (1 | g)", "a ~ x", contrasts={"factor(b)": "sum"})
    assert isinstance(first, Design)
    assert content(second) == content(alone(read("a ~ x"), contrasts={"factor(b)": "sum"}))
    with pytest.raises(UnknownColumn):
        made("a ~ x", "b ~ x", contrasts={"factor(b)": "sum"})
    with pytest.raises(InvalidRequest):
        made("a ~ x", "b ~ x", contrasts={"f": "wild"})


def test_large_tables_are_worked_on_in_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(construction, "CELLS", 3 * ROWS.n_rows)
    formulas = [read(text) for text in TEXTS[:7]]
    lots = list(make_lots(formulas, ROWS))
    assert [len(lot) for lot in lots] == [3, 3, 1]
    flat = [design for lot in lots for design in lot]
    assert [content(each) for each in flat] == [content(each) for each in made(*TEXTS[:7])]
    monkeypatch.setattr(construction, "CELLS", 1)
    assert [len(lot) for lot in make_lots(formulas, ROWS)] == [1] * 7


def test_many_formulas_are_worked_on_in_lots() -> None:
    lots = make_lots([read("a ~ x + (1 | g)")] * 150, ROWS)
    assert [len(lot) for lot in lots] == [64, 64, 22]


def test_no_formula_has_no_design() -> None:
    assert made() == []


def test_rows_may_have_to_be_complete_in_other_columns_too() -> None:
    formulas = [read(text) for text in ("a ~ x + (1 | g)", "gap ~ x + (1 | g)")]
    (lot,) = make_lots(formulas, ROWS, also=["gap"])
    first, second = lot
    assert isinstance(first, Design)
    assert isinstance(second, Design)
    assert first.rows is second.rows
    assert first.n_dropped == second.n_dropped > 0
    assert first.random is second.random
    (alone_of_it,) = both("gap ~ x + (1 | g)")
    assert content(second) == content(alone_of_it)


def test_other_columns_count_where_gaps_are_refused() -> None:
    (lot,) = make_lots([read("a ~ x + (1 | g)")], ROWS, also=["gap"], missing="error")
    assert isinstance(lot[0], MissingValues)
