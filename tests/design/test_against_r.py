"""Names, order and values of columns, and groups, against R; reference/design/model_matrix.R wrote the numbers."""

import json
from pathlib import Path
from typing import TypedDict

import numpy as np
import pytest

from service.design import code_fixed, make_design
from service.formula import read
from tests.design.tables import Cell, table_of

# R and NumPy sum and factorise in different orders: a few units in the 16th digit, amplified by bases of high degree.
TOLERANCE = 1e-10


class MatrixCase(TypedDict):
    formula: str
    table: str
    contrasts: dict[str, str] | None
    names: list[str]
    columns: list[list[float]]


class Groups(TypedDict):
    levels: list[str]
    codes: list[int]


class Coefficients(TypedDict):
    group: str
    names: list[str]


class GroupCase(TypedDict):
    formula: str
    table: str
    groups: dict[str, Groups]
    terms: list[Coefficients]
    thetas: int


class Reference(TypedDict):
    tables: dict[str, dict[str, list[Cell]]]
    matrices: list[MatrixCase]
    predictions: list[MatrixCase]
    groups: list[GroupCase]


REFERENCE: Reference = json.loads((Path(__file__).parents[1] / "reference/design/model_matrix.json").read_text())
TABLES = {name: table_of(dict(cells)) for name, cells in REFERENCE["tables"].items()}


def named(case: MatrixCase | GroupCase) -> str:
    return f"{case['formula']} [{case['table']}]"


@pytest.mark.parametrize("case", REFERENCE["matrices"], ids=named)
def test_columns_are_those_of_model_matrix(case: MatrixCase) -> None:
    design = make_design(read(case["formula"]), TABLES[case["table"]], contrasts=case["contrasts"])
    assert list(design.names) == case["names"]
    np.testing.assert_allclose(design.X.to_array(), np.transpose(case["columns"]), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("case", REFERENCE["predictions"], ids=named)
def test_columns_of_new_data_are_those_of_predict(case: MatrixCase) -> None:
    formula = read(case["formula"])
    coding = make_design(formula, TABLES[case["table"]]).coding
    X = code_fixed(formula, coding, TABLES["new"]).X
    np.testing.assert_allclose(X, np.transpose(case["columns"]), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("case", REFERENCE["groups"], ids=named)
def test_groups_and_coefficients_are_those_of_lme4(case: GroupCase) -> None:
    design = make_design(read(case["formula"]), TABLES[case["table"]])
    terms = [Coefficients(group=effect.grouping.name, names=list(effect.names)) for effect in design.random]
    assert terms == case["terms"]
    assert sum(len(effect.names) * (len(effect.names) + 1) // 2 for effect in design.random) == case["thetas"]
    for effect in design.random:
        assert list(effect.grouping.levels) == case["groups"][effect.grouping.name]["levels"]
        assert effect.grouping.codes.tolist() == case["groups"][effect.grouping.name]["codes"]
