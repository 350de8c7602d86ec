"""The designs of formulas over the tables of the references."""

from pathlib import Path

from service.data import dataset, read_file
from service.design import Design, make_design
from service.formula import read

REFERENCE = Path(__file__).parents[1] / "reference"


def sample(name: str, formula: str) -> Design:
    """The design of a formula over a table in tests/reference/data, or over the radon data."""
    path = REFERENCE / "data" / f"{name}.csv"
    table = read_file(path, [("formula", formula)]).table if path.exists() else dataset(name)
    assert table is not None
    return make_design(read(formula, list(table.columns)), table)
