import json
from dataclasses import asdict

import numpy as np
import pytest

from service.data.table import Table
from service.design import Coding, Factor, code_fixed, code_random, make_design
from service.errors import InvalidRequest, NotFinite, UnknownColumn, WrongType
from service.formula import read
from tests.design.tables import table

FITTED = table(
    y=[1, 2, 3, 4, 5, 6, 7],
    x=[0.5, 2, 1.5, 7, 3, 4.25, 6],
    k=[3, 1, 2, 3, 2, 1, 1],
    f=["a", "b", "c", "a", "b", "c", "a"],
    l=[True, False, True, True, False, False, True],
    g=["p", "q", "p", "q", "p", "q", "p"],
)
FORMULAS = [
    "y ~ x * f + l + offset(x) + (1 | g)",
    "y ~ scale(x) + poly(x, 3) + (scale(x):f | g)",
    "y ~ ns(x, df = 3) * l + (0 + f || g)",
    "y ~ bs(x, df = 5) + factor(k) + log(x) + (1 + l | g/k)",
    "y ~ I(scale(log(x))^2):f - 1 + offset(log(x)) + offset(k) + (1 | g:l)",
]
CONTRASTS = {"f": "helmert", "k": "sum"}


@pytest.mark.parametrize("text", FORMULAS)
def test_the_rows_of_the_fit_are_coded_as_they_were(text: str) -> None:
    formula = read(text)
    design = make_design(formula, FITTED, contrasts=CONTRASTS)
    fixed = code_fixed(formula, design.coding, FITTED)
    np.testing.assert_array_equal(fixed.X, design.X.to_array())
    assert (fixed.offset is None) == (design.offset is None)
    if fixed.offset is not None and design.offset is not None:
        np.testing.assert_array_equal(fixed.offset, design.offset)
    for new, fitted in zip(code_random(formula, design.coding, FITTED), design.random, strict=True):
        assert new.names == fitted.names
        assert new.grouping.levels == fitted.grouping.levels
        np.testing.assert_array_equal(new.Z, fitted.Z.to_array())
        np.testing.assert_array_equal(new.grouping.codes, fitted.grouping.codes)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_row_alone_is_coded_as_among_others(text: str) -> None:
    formula = read(text)
    coding = make_design(formula, FITTED, contrasts=CONTRASTS).coding
    row = table(x=[3.0], k=[2], f=["b"], l=[False], g=["elsewhere"])
    together = code_fixed(formula, coding, FITTED).X[4]
    # A product of matrices may sum in another order when it has a single row.
    np.testing.assert_allclose(code_fixed(formula, coding, row).X[0], together, rtol=1e-14, atol=1e-15)
    assert code_random(formula, coding, row)[-1].grouping.levels[0].startswith("elsewhere")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_coding_and_a_formula_survive_as_text(text: str) -> None:
    design = make_design(read(text), FITTED, contrasts=CONTRASTS)
    kept = json.loads(json.dumps(asdict(design.coding)))
    coding = Coding(
        {label: Factor(tuple(factor["levels"]), factor["contrasts"]) for label, factor in kept["factors"].items()},
        kept["constants"],
    )
    np.testing.assert_array_equal(code_fixed(read(design.formula), coding, FITTED).X, design.X.to_array())


def test_a_row_with_a_missing_value_is_kept_as_missing() -> None:
    formula = read("y ~ x + f + l + offset(k) + (x | g)")
    coding = make_design(formula, FITTED, contrasts={"f": "sum", "l": "sum"}).coding
    gaps = table(
        x=[None, 1, 1, 1, 1, 1],
        f=["a", None, "a", "a", "a", "b"],
        l=[True, True, None, True, False, True],
        k=[1, 1, 1, None, 1, 1],
        g=["q", "q", "q", "q", None, "new"],
    )
    fixed = code_fixed(formula, coding, gaps)
    assert np.isnan(fixed.X).all(axis=1).tolist() == [True, True, True, False, False, False]
    assert fixed.X[3:].tolist() == [[1, 1, 1, 0, -1], [1, 1, 1, 0, 1], [1, 1, 0, 1, -1]]
    assert fixed.offset is not None
    assert np.isnan(fixed.offset).tolist() == [False, False, False, True, False, False]
    (effect,) = code_random(formula, coding, gaps)
    assert effect.grouping.levels == ("new", "q")
    assert effect.grouping.codes.tolist() == [1, 1, 1, 1, -1, 0]
    assert np.isnan(effect.Z).any(axis=1).tolist() == [True, False, False, False, False, False]


def test_neither_response_nor_groups_are_needed_for_the_fixed_part() -> None:
    formula = read("y ~ x + (1 | g)")
    coding = make_design(formula, FITTED).coding
    assert code_fixed(formula, coding, table(x=[4.0])).X.tolist() == [[1, 4]]
    with pytest.raises(UnknownColumn, match="`g`"):
        code_random(formula, coding, table(x=[4.0]))


def test_no_rows_are_coded_as_none() -> None:
    formula = read("y ~ x + f + (1 | g)")
    coding = make_design(formula, FITTED).coding
    none = Table({name: table(x=[], f=[], g=[]).columns[name] for name in "xfg"}, 0)
    assert code_fixed(formula, coding, none).X.shape == (0, 4)
    assert code_random(formula, coding, none)[0].grouping.levels == ()


def test_numbers_are_labels_where_the_fit_had_labels() -> None:
    formula = read("y ~ code")
    coding = make_design(formula, table(y=[1, 2, 3], code=["1", "10", "2"])).coding
    assert code_fixed(formula, coding, table(code=[2, 1])).X.tolist() == [[1, 0, 1], [1, 0, 0]]


def test_truth_values_are_numbers_where_the_fit_had_numbers() -> None:
    formula = read("y ~ x")
    coding = make_design(formula, FITTED).coding
    assert code_fixed(formula, coding, table(x=[True, False])).X.tolist() == [[1, 1], [1, 0]]


def test_an_unknown_level_is_refused_with_its_row() -> None:
    formula = read("y ~ f")
    coding = make_design(formula, FITTED).coding
    with pytest.raises(
        InvalidRequest, match="`f` is `z` in row 1, a level that the fitted model does not know"
    ) as refusal:
        code_fixed(formula, coding, table(f=["a", "z", "b"]))
    assert (refusal.value.faults[0].column, refusal.value.faults[0].row) == ("f", 1)


def test_text_is_refused_where_the_fit_had_numbers() -> None:
    formula = read("y ~ x")
    coding = make_design(formula, FITTED).coding
    with pytest.raises(WrongType, match="`x` is text; the model was fitted to numbers"):
        code_fixed(formula, coding, table(x=["a"]))


def test_a_value_that_is_not_finite_is_refused() -> None:
    formula = read("y ~ log(x)")
    coding = make_design(formula, FITTED).coding
    with pytest.raises(NotFinite, match="row 1"):
        code_fixed(formula, coding, table(x=[1.0, 0.0]))
