import numpy as np
import pytest

from service.data.table import Table
from service.design.columns import has_missing_cells, missing_cells
from service.design.missing import Gaps, complete_rows
from service.errors import MissingValues, NoObservations
from tests.design.tables import Cell, column, table

GAPS = table(
    y=[1, None, 3, 4, 5], x=[1, 2, 3, 4, None], f=["a", "b", None, "a", "b"], l=[True, False, True, None, None]
)


def gaps_in(rows: Table) -> Gaps:
    return {name: missing_cells(column) for name, column in rows.columns.items() if has_missing_cells(column)}


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ([1, None, -1], [False, True, False]),
        ([1, 2, 3], [False, False, False]),
        (["a", "b", None], [False, False, True]),
        (["a", "b", "a"], [False, False, False]),
        ([None, True, False], [True, False, False]),
        ([], []),
    ],
)
def test_missing_cells_are_found_in_columns_of_any_kind(cells: list[Cell], missing: list[bool]) -> None:
    assert missing_cells(column(cells)).tolist() == missing
    assert has_missing_cells(column(cells)) == any(missing)


def test_complete_rows_have_no_missing_cell_of_any_kind() -> None:
    rows = complete_rows(gaps_in(GAPS), 5, "drop")
    assert rows is not None
    assert rows.tolist() == [0]
    assert rows.dtype == np.intp


def test_all_rows_are_complete_without_gaps() -> None:
    assert complete_rows({}, 3, "error") is None


def test_missing_values_are_refused_with_the_first_of_every_column() -> None:
    with pytest.raises(MissingValues, match="Column `y` has a missing value in row 1") as refusal:
        complete_rows(gaps_in(GAPS), 5, "error")
    assert [(fault.column, fault.row) for fault in refusal.value.faults] == [("y", 1), ("x", 4), ("f", 2), ("l", 3)]
    assert refusal.value.faults[3].message == "missing values: 2"


def test_a_table_without_rows_has_no_observations() -> None:
    with pytest.raises(NoObservations, match="no rows"):
        complete_rows({}, 0, "drop")


def test_a_table_without_a_complete_row_names_the_emptiest_column() -> None:
    with pytest.raises(NoObservations, match="`x` has the most"):
        complete_rows(gaps_in(table(y=[None, 2, 3], x=[1, None, None])), 3, "drop")
