import tracemalloc
from typing import NamedTuple, TypedDict

import numpy as np
import pytest

from service.data.table import Categorical, Numeric, Table
from service.design import make_design
from service.errors import InvalidRequest, NoObservations, ServiceError, UnknownColumn, WrongType
from service.formula import read
from tests.design.tables import design, table

ROWS = table(
    y=[1, 2, 3, 4, 5, 6],
    x=[1, 2, 3, None, 5, 100],
    f=["a", "b", "a", "b", None, "rare"],
    w=[1, 2, 3, 4, 5, 6],
    bad=[1, 2, -1, 0, 5, 6],
    zero=[1, 2, 0, 4, 5, 6],
    huge=[1, 1e101, 3, 4, 5, 6],
    l=[True, True, True, True, True, True],
    g=["p", "q", "p", "q", "p", "q"],
)


def test_a_design_has_the_complete_rows() -> None:
    made = make_design(read("y ~ x + (1 | f)"), ROWS, weights="w")
    assert made.formula == "y ~ x + (1 | f)"
    assert (made.response, made.names, made.intercept) == ("y", ("(Intercept)", "x"), True)
    assert made.rows is not None
    assert made.rows.tolist() == [0, 1, 2, 5]
    assert made.n_dropped == 2
    assert made.y.tolist() == [1, 2, 3, 6]
    assert made.X.to_array().tolist() == [[1, 1], [1, 2], [1, 3], [1, 100]]
    assert made.weights is not None
    assert made.weights.tolist() == [1, 2, 3, 6]
    assert made.offset is None


def test_rows_are_dropped_for_used_columns_only() -> None:
    complete = make_design(read("y ~ w"), ROWS)
    assert (complete.rows, complete.n_dropped) == (None, 0)
    incomplete = make_design(read("y ~ w"), ROWS, weights="x")
    assert incomplete.rows is not None
    assert (incomplete.rows.tolist(), incomplete.n_dropped) == ([0, 1, 2, 4, 5], 1)


def test_complete_columns_are_not_copied() -> None:
    made = make_design(read("y ~ 1"), ROWS, weights="w")
    assert isinstance(y := ROWS.columns["y"], Numeric)
    assert isinstance(w := ROWS.columns["w"], Numeric)
    assert made.y is y.values
    assert made.weights is w.values


def test_columns_that_are_not_used_are_not_read() -> None:
    class Unreadable(dict[str, Categorical | Numeric]):
        def __missing__(self, name: str) -> Numeric:
            raise AssertionError(name)

    columns = Unreadable(y=Numeric(np.array([1.0, 2.0])), g=Categorical(np.array([0, 1]), ("a", "b")))
    assert make_design(read("y ~ 1 + (1 | g)"), Table(columns, 2), levels={"g": ["b", "a"]}).names == ("(Intercept)",)


def test_statistics_are_taken_before_rows_are_dropped() -> None:
    made = make_design(read("y ~ scale(x, scale = FALSE) + f"), ROWS)
    # The mean of x is 22.2 over the five rows that have it, one of them without f.
    np.testing.assert_allclose(made.X.column(1), [-21.2, -20.2, -19.2, 77.8], rtol=1e-14)


def test_levels_that_only_dropped_rows_have_are_gone() -> None:
    made = design("y ~ f + x", y=[1, 2, 3], f=["a", "b", "c"], x=[1, None, 2])
    assert made.names == ("(Intercept)", "fc", "x")
    assert made.coding.factors["f"].levels == ("a", "c")


def test_both_truth_values_stay_levels() -> None:
    assert make_design(read("y ~ l"), ROWS).X.to_array().tolist() == [[1, 1]] * 6


def test_the_first_level_that_is_asked_for_is_the_baseline() -> None:
    options = {"f": ["rare", "b", "a"], "w": ["6", "5", "4", "3", "2", "1"]}
    made = make_design(read("y ~ f + factor(w)"), ROWS, levels=options)
    assert made.names[:4] == ("(Intercept)", "fb", "fa", "factor(w)4")
    assert made.X.column(1).tolist() == [0, 1, 0, 1, 0]


def test_the_order_of_levels_is_the_order_of_groups() -> None:
    made = make_design(read("y ~ 1 + (1 | g)"), ROWS, levels={"g": ["q", "p"]})
    assert made.random[0].grouping.levels == ("q", "p")
    assert made.random[0].grouping.codes.tolist() == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("key", ["w", "factor(w)"])
def test_contrasts_are_for_a_variable_or_its_column(key: str) -> None:
    made = make_design(read("y ~ factor(w)"), ROWS, contrasts={key: "poly", "x": "sum"})
    assert made.names[1:] == tuple(f"factor(w){degree}" for degree in (".L", ".Q", ".C", "^4", "^5"))


def test_contrasts_reach_random_effects() -> None:
    made = make_design(read("y ~ 1 + (f | g)"), ROWS, contrasts={"f": "sum"})
    assert made.random[0].names == ("(Intercept)", "f1", "f2")


def test_offsets_add() -> None:
    made = make_design(read("y ~ offset(x) + offset(log(w)) + offset(l)"), ROWS)
    assert made.offset is not None
    # One rounding per sum.
    np.testing.assert_allclose(made.offset, np.array([1, 2, 3, 5, 100]) + np.log([1, 2, 3, 5, 6]) + 1, rtol=1e-15)


def test_the_response_may_be_computed() -> None:
    assert make_design(read("scale(y, 1, 2) ~ 1"), ROWS).y.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]


def test_terms_of_one_group_share_its_grouping() -> None:
    first, second, nested = make_design(read("y ~ 1 + (1 | g) + (0 + x | g) + (w || g:f)"), ROWS).random[:3]
    assert first.grouping is second.grouping
    assert (first.correlated, nested.correlated) == (True, False)
    assert nested.grouping.name == "g:f"


def test_a_grouping_that_is_formed_twice_keeps_its_first_name() -> None:
    nested, middle, _, crossed, turned = make_design(
        read("y ~ 1 + (1 | g/l/f) + (0 + w | f:l:g) + (1 | g:l)"), ROWS
    ).random
    assert (nested.grouping.name, middle.grouping.name, turned.grouping.name) == ("f:(l:g)", "l:g", "g:l")
    assert crossed.grouping is nested.grouping


def test_a_varying_intercept_is_a_column_of_ones() -> None:
    made = make_design(read("y ~ 1 + (1 | g) + (0 + w | g)"), ROWS)
    assert [effect.is_varying_intercept for effect in made.random] == [True, False]
    assert made.random[0].Z.to_array().tolist() == [[1]] * 6


def test_a_design_of_complete_columns_takes_no_memory_for_its_rows() -> None:
    n, random = 100_000, np.random.default_rng(1)
    levels = tuple(map(str, range(100)))
    rows = Table(
        {
            "y": Numeric(random.normal(size=n)),
            "x": Numeric(random.normal(size=n)),
            "g": Categorical(random.integers(0, 100, n), levels),
        },
        n,
    )
    formula = read("y ~ x * g + (1 + x | g)")
    make_design(formula, rows)
    tracemalloc.start()
    made = make_design(formula, rows)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.X.n_rows == n
    assert kept < peak < n


class Options(TypedDict, total=False):
    weights: str
    levels: dict[str, list[str]]
    contrasts: dict[str, str]


class Refusal(NamedTuple):
    """What is asked, and the error, sentence and place that answer it."""

    formula: str
    error: type[ServiceError]
    sentence: str
    options: Options | None = None
    pointer: str | None = None
    column: str | None = None
    row: int | None = None
    position: int | None = None


REFUSALS = [
    Refusal("y ~ floor", UnknownColumn, "The data have no column `floor`.", column="floor", position=4),
    Refusal("y ~ X", UnknownColumn, "The data have no column `X`; did you mean `x`?", column="X", position=4),
    Refusal(
        "y ~ x + (1 | gg)", UnknownColumn, "The data have no column `gg`; did you mean `g`?", column="gg", position=13
    ),
    Refusal(
        "y ~ x",
        UnknownColumn,
        "The data have no column `ww`; did you mean `w`?",
        {"weights": "ww"},
        pointer="/weights",
        column="ww",
    ),
    Refusal("y ~ x", WrongType, "The weights `g` are not numbers.", {"weights": "g"}, pointer="/weights", column="g"),
    Refusal(
        "y ~ f",
        InvalidRequest,
        "Weights must be positive; `zero` is 0 in row 2.",
        {"weights": "zero"},
        pointer="/weights",
        column="zero",
        row=2,
    ),
    Refusal(
        "y ~ f",
        InvalidRequest,
        "Weights must be between 1e-100 and 1e+100; `huge` is 1e+101 in row 1.",
        {"weights": "huge"},
        pointer="/weights",
        column="huge",
        row=1,
    ),
    Refusal(
        "y ~ f",
        InvalidRequest,
        "Weights must be positive; `bad` is -1 in row 2.",
        {"weights": "bad"},
        pointer="/weights",
        column="bad",
        row=2,
    ),
    Refusal(
        "y ~ f",
        UnknownColumn,
        "The data have no column `ff`; did you mean `f`?",
        {"levels": {"ff": ["a"]}},
        pointer="/levels/ff",
        column="ff",
    ),
    Refusal(
        "y ~ f",
        UnknownColumn,
        "The data have no column `nothing`.",
        {"contrasts": {"nothing": "sum"}},
        pointer="/contrasts/nothing",
        column="nothing",
    ),
    Refusal(
        "y ~ f",
        InvalidRequest,
        "There are no contrasts `some`, only treatment, sum, helmert, poly.",
        {"contrasts": {"f": "some"}},
        pointer="/contrasts/f",
    ),
    Refusal(
        "y ~ w",
        InvalidRequest,
        "Contrasts are for factors; `w` is numeric.",
        {"contrasts": {"w": "sum"}},
        pointer="/contrasts/w",
        column="w",
    ),
    Refusal("f ~ x", WrongType, "The response `f` is not one column of numbers.", column="f", position=0),
    Refusal(
        "I(l) ~ x",
        WrongType,
        "The response `I(l)` is not one column of numbers; send 0 and 1 to fit a linear model to it.",
        column="l",
        position=2,
    ),
    Refusal(
        "poly(y, 2) ~ x", WrongType, "The response `poly(y, 2)` is not one column of numbers.", column="y", position=5
    ),
    Refusal("y ~ x + offset(f)", WrongType, "`offset(f)` is not one column of numbers.", position=8),
    Refusal(
        "y ~ 1 + (1 | poly(x, 2))", WrongType, "`poly(x, 2)` has several columns and cannot form groups.", position=13
    ),
    Refusal(
        "y ~ same",
        InvalidRequest,
        "`same` has only one level in the rows that are used; a predictor needs two.",
        column="same",
    ),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.sentence)
def test_what_cannot_be_designed_is_refused_with_its_place(case: Refusal) -> None:
    rows = Table({**ROWS.columns, "same": Categorical(np.zeros(6, dtype=np.intp), ("s", "t"))}, 6)
    with pytest.raises(case.error) as refusal:
        make_design(read(case.formula), rows, **(case.options or Options()))
    assert refusal.value.detail == case.sentence
    (fault,) = refusal.value.faults
    assert (fault.pointer, fault.column, fault.row, fault.position) == case[4:]


def test_no_complete_row_is_refused() -> None:
    with pytest.raises(NoObservations):
        design("y ~ x", y=[1, None], x=[None, 2])


def test_errors_quote_a_name_in_part() -> None:
    with pytest.raises(UnknownColumn) as refusal:
        design(f"y ~ {'a' * 5000}", y=[1])
    assert len(refusal.value.detail) < 80
    assert len(refusal.value.faults[0].column or "") == 40
