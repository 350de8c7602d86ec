import numpy as np
import pytest

from service.design.missing import complete_rows
from service.errors import MissingValues, NoObservations
from tests.design.tables import table

GAPS = table(
    y=[1, None, 3, 4, 5], x=[1, 2, 3, 4, None], f=["a", "b", None, "a", "b"], l=[True, False, True, None, None]
)


def test_complete_rows_have_no_missing_cell_of_any_kind() -> None:
    assert complete_rows(GAPS, "drop").tolist() == [0]


def test_all_rows_are_complete_without_gaps() -> None:
    rows = complete_rows(table(y=[1, 2, 3]), "error")
    assert rows.tolist() == [0, 1, 2]
    assert rows.dtype == np.intp


def test_missing_values_are_refused_with_the_first_of_every_column() -> None:
    with pytest.raises(MissingValues, match="Column `y` has a missing value in row 1") as refusal:
        complete_rows(GAPS, "error")
    assert [(fault.column, fault.row) for fault in refusal.value.faults] == [("y", 1), ("x", 4), ("f", 2), ("l", 3)]
    assert refusal.value.faults[3].message == "missing values: 2"


def test_a_table_without_rows_has_no_observations() -> None:
    with pytest.raises(NoObservations, match="no rows"):
        complete_rows(table(y=[]), "drop")


def test_a_table_without_a_complete_row_names_the_emptiest_column() -> None:
    with pytest.raises(NoObservations, match="`x` has the most"):
        complete_rows(table(y=[None, 2, 3], x=[1, None, None]), "drop")
