import numpy as np
import pytest

from service.data.table import Numeric
from service.design.evaluation import Basis
from service.design.marginality import CodedTerm, Recipe
from service.design.terms import CodedFactor, Variable, make_matrix
from service.errors import InvalidRequest, NotFinite, TooManyParameters

VARIABLES: dict[str, Variable] = {
    "x": Numeric(np.array([2.0, 3.0, 5.0])),
    "b": Basis(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])),
    "f": CodedFactor(np.array([0, 1, 2]), ("p", "q", "r"), "treatment"),
    "s": CodedFactor(np.array([0, 1, 1]), ("u", "v"), "sum"),
    "one": CodedFactor(np.zeros(3, dtype=np.intp), ("only",), "treatment"),
}


def columns(intercept: bool, *terms: CodedTerm) -> dict[str, list[float]]:
    matrix = make_matrix(Recipe(intercept, terms), VARIABLES, 3)
    return dict(zip(matrix.names, matrix.to_array().T.tolist(), strict=True))


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


HUGE: dict[str, Variable] = {
    "x": Numeric(np.array([1.0, 1e200, np.nan])),
    "z": Numeric(np.array([1.0, -1e200, 1.0])),
    "zero": Numeric(np.array([1.0, 0.0, 1.0])),
    "apart": Numeric(np.array([-1e300, 1e100, 1e300])),
    "f": CodedFactor(np.array([0, 1, 0]), ("p", "q"), "treatment"),
    "s": CodedFactor(np.array([0, 1, 0]), ("p", "q"), "sum"),
}


@pytest.mark.parametrize(
    ("term", "column"),
    [("x z", "x:z"), ("x z f", "x:z:fq"), ("z s x", "z:s1:x"), ("x z zero", "x:z:zero"), ("x z f s", "x:z:fq:s1")],
)
def test_products_that_overflow_are_refused(term: str, column: str) -> None:
    variables = tuple(term.split())
    with pytest.raises(NotFinite, match=f"The products of `{column}` are too large"):
        make_matrix(Recipe(False, (CodedTerm(variables, (False,) * len(variables)),)), HUGE, 3)


def test_large_numbers_that_never_meet_are_no_product() -> None:
    matrix = make_matrix(Recipe(False, (CodedTerm(("x", "apart"), (False, False)),)), HUGE, 3)
    np.testing.assert_array_equal(matrix.column(0), [-1e300, 1e300, np.nan])


def test_a_matrix_too_wide_to_fit_is_refused_at_once() -> None:
    levels = tuple(map(str, range(20_000)))
    many = CodedFactor(np.arange(20_000), levels, "sum")
    with pytest.raises(TooManyParameters, match="20,000 coefficients for 20,000 rows"):
        make_matrix(Recipe(True, (CodedTerm(("many",), (False,)),)), {"many": many}, 20_000)
