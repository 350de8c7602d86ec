"""Designs of several responses: each is the one its formula alone would have, and what is equal is made once."""

import pickle

import numpy as np
import pytest

from service.data.table import Categorical, Numeric, Table
from service.design import Design, make_design, make_designs
from service.errors import InvalidRequest, MissingValues, NoObservations, ServiceError, UnknownColumn, WrongType
from service.formula import read
from service.formula.formula import Formula
from tests.design.tables import table

ROWS = table(
    a=[1, 2, 3, 4, 5, 6],
    b=[2, 4, 1, 3, 5, 7],
    gap=[1, None, 3, 4, 5, 6],
    same_gap=[9, None, 8, 7, 6, 5],
    other_gap=[1, 2, None, 4, 5, 6],
    nothing=[None, None, None, None, None, None],
    text=["u", "v", "u", "v", "u", "v"],
    f=["p", "q", "r", "p", "q", "p"],
    x=[0.5, 1, 4, 2, 3, None],
    w=[1, 2, 1, 2, 1, 2],
    g=["s", "t", "s", "t", "s", "t"],
)
TEXT = (
    "cbind(a, gap, log(b), same_gap, scale(other_gap), text, nothing, absent) ~ x * f + offset(w) + (poly(x, 2) || g)"
)


def each_of(text: str) -> list[Formula]:
    """A formula for each response of this one."""
    formula = read(text)
    return [formula.for_response(response) for response in formula.responses]


def designs(text: str, rows: Table = ROWS) -> dict[str, Design | ServiceError]:
    formulas = each_of(text)
    return dict(zip([each.response for each in formulas], make_designs(formulas, rows, weights="w"), strict=True))


def alone(formula: Formula, response: str) -> Design | ServiceError:
    try:
        return make_design(formula.for_response(response), ROWS, weights="w")
    except ServiceError as error:
        return error


def content(made: Design | ServiceError) -> bytes:
    """Everything that is in a design or an error."""
    if isinstance(made, ServiceError):
        return pickle.dumps((type(made), made.detail, made.faults))
    matrices = [made.X, *(effect.Z for effect in made.random)]
    groupings = [(effect.grouping.name, effect.grouping.levels, effect.correlated) for effect in made.random]
    arrays = [
        made.y,
        made.weights,
        made.offset,
        made.rows,
        *(matrix.to_array() for matrix in matrices),
        *(effect.grouping.codes for effect in made.random),
    ]
    facts = (made.formula, made.response, made.intercept, made.n_dropped, [matrix.names for matrix in matrices])
    coding = (sorted(made.coding.factors.items(), key=str), sorted(made.coding.constants.items(), key=str))
    return repr((facts, coding, groupings)).encode() + b"".join(
        b"-" if array is None else np.ascontiguousarray(array).tobytes() for array in arrays
    )


@pytest.mark.parametrize("text", [TEXT, "cbind(a, b, gap) ~ a + x + (1 | g)", "cbind(a) ~ 1", "a ~ x"])
def test_each_design_is_that_of_its_formula_alone(text: str) -> None:
    formula = read(text)
    for response, made in designs(text).items():
        assert content(made) == content(alone(formula, response))


def test_each_response_has_its_own_complete_rows() -> None:
    made = designs(TEXT)
    n = {name: each.X.n_rows for name, each in made.items() if isinstance(each, Design)}
    assert n == {"a": 5, "gap": 4, "log(b)": 5, "same_gap": 4, "scale(other_gap)": 4}
    errors = {name: type(each) for name, each in made.items() if isinstance(each, ServiceError)}
    assert errors == {"text": WrongType, "nothing": NoObservations, "absent": UnknownColumn}


def test_responses_on_the_same_rows_share_their_predictors() -> None:
    made = {name: each for name, each in designs(TEXT).items() if isinstance(each, Design)}
    for one, other in (("a", "log(b)"), ("gap", "same_gap")):
        assert made[one].X is made[other].X
        assert made[one].random is made[other].random
        assert made[one].weights is made[other].weights
        assert made[one].offset is made[other].offset
        assert made[one].rows is made[other].rows
    assert made["gap"].X is not made["scale(other_gap)"].X


def test_predictors_are_shared_only_where_they_are_the_same() -> None:
    made = designs("cbind(a, b) ~ a + (1 | g)")
    assert isinstance(first := made["a"], Design)
    assert isinstance(second := made["b"], Design)
    assert (first.names, second.names) == (("(Intercept)",), ("(Intercept)", "a"))


def test_columns_are_read_once_and_one_that_cannot_be_read_concerns_its_response() -> None:
    class Reader(dict[str, Categorical | Numeric]):
        def __getitem__(self, name: str) -> Categorical | Numeric:
            asked.append(name)
            if name == "bad":
                raise WrongType("This column cannot be read.")
            return super().__getitem__(name)

    asked: list[str] = []
    columns = Reader({name: Numeric(np.ones(3)) for name in ("a", "b", "bad", "w", "x")})
    made = designs("cbind(a, bad, b) ~ x", Table(columns, 3))
    assert [type(each) for each in made.values()] == [Design, WrongType, Design]
    assert sorted(asked) == ["a", "b", "bad", "w", "x"]


def test_an_error_keeps_no_arrays() -> None:
    (_, error) = designs("cbind(a, text) ~ x").values()
    assert isinstance(error, WrongType)
    assert error.__traceback__ is None


def test_missing_values_may_be_refused_for_each() -> None:
    made = make_designs(each_of("cbind(a, gap) ~ f"), ROWS, missing="error")
    assert [type(each) for each in made] == [Design, MissingValues]


def test_errors_in_the_options_are_no_response_s_own() -> None:
    with pytest.raises(UnknownColumn):
        make_designs(each_of("cbind(a, b) ~ x"), ROWS, weights="ww")


def test_one_model_has_one_response() -> None:
    formula = read("cbind(a, log(b)) ~ x")
    with pytest.raises(InvalidRequest, match="A model has one response; this formula has 2") as refusal:
        make_design(formula, ROWS)
    assert [fault.position for fault in refusal.value.faults] == [9]
    assert [type(each) for each in make_designs([formula], ROWS)] == [InvalidRequest]
