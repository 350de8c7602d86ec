"""The designs of formulas over the tables of the references."""

from collections.abc import Mapping

from service.data import read_file
from service.design import Design, make_design
from service.formula import read
from tests.references import csv_of


def sample(
    name: str, formula: str, *, weights: str | None = None, contrasts: Mapping[str, str] | None = None
) -> Design:
    """The design of a formula over a table of the references, or over the radon data."""
    table = read_file(csv_of(name), [("formula", formula)]).table
    assert table is not None
    return make_design(read(formula, list(table.columns)), table, weights=weights, contrasts=contrasts or {})
