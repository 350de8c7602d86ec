import numpy as np
import pytest

from service.data.columns import Columns, all_missing
from service.data.table import Column
from service.errors import WrongType


def refuse() -> Column:
    raise WrongType("no")


def test_a_column_is_read_once_and_only_when_it_is_used() -> None:
    read: list[str] = []

    def reader() -> Column:
        read.append("x")
        return all_missing(2)

    columns = Columns({"x": reader, "z": refuse})
    assert (list(columns), len(columns), "x" in columns, "w" in columns, read) == (["x", "z"], 2, True, False, [])
    assert columns["x"] is columns["x"]
    assert read == ["x"]


def test_a_column_that_cannot_be_read_says_so_each_time() -> None:
    columns = Columns({"z": refuse})
    for _ in range(2):
        with pytest.raises(WrongType):
            columns["z"]


def test_a_name_that_is_no_column_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Columns({})["x"]


def test_nothing_written_counts_as_missing_numbers() -> None:
    np.testing.assert_array_equal(all_missing(3).values, [np.nan] * 3)
