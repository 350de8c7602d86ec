import numpy as np
import pytest

from service.data.table import Numeric
from service.design.evaluation import Basis
from service.design.marginality import CodedTerm, Recipe
from service.design.matrix import CodedFactor, Variable, make_matrix
from service.errors import InvalidRequest, NotFinite, TooManyParameters

VARIABLES: dict[str, Variable] = {
    "x": Numeric(np.array([2.0, 3.0, 5.0])),
    "b": Basis(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])),
    "f": CodedFactor(np.array([0, 1, 2]), ("p", "q", "r"), "treatment"),
    "s": CodedFactor(np.array([0, 1, 1]), ("u", "v"), "sum"),
    "one": CodedFactor(np.zeros(3, dtype=np.intp), ("only",), "treatment"),
}


def columns(intercept: bool, *terms: CodedTerm) -> dict[str, list[float]]:
    names, X = make_matrix(Recipe(intercept, terms), VARIABLES, 3)
    assert X.flags.f_contiguous
    return dict(zip(names, X.T.tolist(), strict=True))


def test_a_term_has_the_columns_of_its_variable() -> None:
    assert columns(True, CodedTerm(("x",), (False,)), CodedTerm(("b",), (False,)), CodedTerm(("f",), (False,))) == {
        "(Intercept)": [1, 1, 1],
        "x": [2, 3, 5],
        "b1": [1, 2, 3],
        "b2": [10, 20, 30],
        "fq": [0, 1, 0],
        "fr": [0, 0, 1],
    }


def test_an_interaction_has_products_with_the_first_variable_fastest() -> None:
    assert columns(False, CodedTerm(("f", "s", "x"), (True, False, False))) == {
        "fp:s1:x": [2, 0, 0],
        "fq:s1:x": [0, -3, 0],
        "fr:s1:x": [0, 0, -5],
    }
    assert list(columns(False, CodedTerm(("b", "s"), (False, True)))) == ["b1:su", "b2:su", "b1:sv", "b2:sv"]


def test_a_matrix_may_have_no_column() -> None:
    assert columns(False) == {}


def test_a_single_level_has_an_indicator_and_no_contrasts() -> None:
    assert columns(False, CodedTerm(("one",), (True,))) == {"oneonly": [1, 1, 1]}
    with pytest.raises(InvalidRequest, match="`one` has only one level"):
        columns(True, CodedTerm(("one",), (False,)))


def test_products_that_overflow_are_refused() -> None:
    huge: dict[str, Variable] = {"x": Numeric(np.array([1.0, 1e200])), "z": Numeric(np.array([1.0, -1e200]))}
    with pytest.raises(NotFinite, match="The products of `x:z` are too large"):
        make_matrix(Recipe(False, (CodedTerm(("x", "z"), (False, False)),)), huge, 2)


def test_a_matrix_beyond_all_memory_is_refused_at_once() -> None:
    levels = tuple(map(str, range(20_000)))
    many = CodedFactor(np.arange(20_000), levels, "sum")
    with pytest.raises(TooManyParameters, match="20,000 coefficients for 20,000 rows"):
        make_matrix(Recipe(True, (CodedTerm(("many",), (False,)),)), {"many": many}, 20_000)
