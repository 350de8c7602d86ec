import tracemalloc

import numpy as np
import pytest

from service.data.table import Categorical, Numeric
from service.design.levels import in_order, labelled, number_label, recoded, renumber, without_unused
from service.errors import InvalidRequest
from tests.design.tables import Cell, column

LABELS = {
    1.0: "1",
    -0.0: "0",
    100000.0: "100000",
    -12.5: "-12.5",
    0.1 + 0.2: "0.3",
    1 / 3: "0.333333333333333",
    1e-5: "1e-05",
    2.0**53 - 1: "9007199254740991",
    1e22: "1e+22",
}


@pytest.mark.parametrize("value", LABELS)
def test_numbers_are_labelled_by_their_shortest_text(value: float) -> None:
    assert number_label(value) == LABELS[value]


FACTORS: list[tuple[list[Cell], list[str], list[int]]] = [
    (["b", "a", None, "b"], ["a", "b"], [1, 0, -1, 1]),
    ([True, None, True], ["FALSE", "TRUE"], [1, -1, 1]),
    ([10, 2, None, 10], ["2", "10"], [1, 0, -1, 1]),
    ([-3, 5, -3], ["-3", "5"], [0, 1, 0]),
    ([0.5, -1, 2.25], ["-1", "0.5", "2.25"], [1, 0, 2]),
    ([1e15, 3, None], ["3", "1000000000000000"], [1, 0, -1]),
    ([0.3, 0.1 + 0.2, 1], ["0.3", "1"], [0, 0, 1]),
    ([1e300, 7], ["7", "1e+300"], [1, 0]),
]


@pytest.mark.parametrize(("cells", "levels", "codes"), FACTORS)
def test_columns_of_any_kind_have_levels(cells: list[Cell], levels: list[str], codes: list[int]) -> None:
    factor = labelled(column(cells))
    assert list(factor.levels) == levels
    assert factor.codes.tolist() == codes
    assert factor.codes.dtype == np.intp


def test_a_column_without_any_value_has_no_levels() -> None:
    factor = labelled(Numeric(np.full(3, np.nan)))
    assert factor.levels == ()
    assert factor.codes.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("n_possible", [6, 100_000], ids=["counted", "sorted"])
def test_codes_are_renumbered_without_gaps(n_possible: int) -> None:
    occurring, codes = renumber(np.array([5, 0, -1, 5, 3]), n_possible)
    assert occurring.tolist() == [0, 3, 5]
    assert codes.tolist() == [2, 0, -1, 2, 1]


def test_codes_that_all_occur_are_not_copied() -> None:
    factor = Categorical(np.array([1, 0, 2]), ("a", "b", "c"))
    assert without_unused(factor) is factor
    assert recoded(factor, ("a", "b", "c")) is factor.codes


def test_unused_levels_are_left_out() -> None:
    factor = without_unused(Categorical(np.array([2, 0, 2]), ("a", "b", "c")))
    assert factor.levels == ("a", "c")
    assert factor.codes.tolist() == [1, 0, 1]


def test_labels_are_recoded_in_other_levels() -> None:
    assert recoded(Categorical(np.array([0, 1, -1]), ("a", "b")), ["b", "c"]).tolist() == [-1, 0, -1]


def test_levels_take_the_order_that_is_asked_for() -> None:
    ordered = in_order("f", column(["a", "b", None, "c"]), ["c", "a", "b"])
    assert (ordered.levels, ordered.codes.tolist()) == (("c", "a", "b"), [1, 2, -1, 0])
    assert in_order("k", column([2, 10, 2]), ["10", "2"]).codes.tolist() == [1, 0, 1]


def test_an_order_may_leave_out_a_level_no_row_has() -> None:
    assert in_order("f", Categorical(np.array([0, 2]), ("a", "b", "c")), ["c", "a"]).codes.tolist() == [1, 0]


WRONG_ORDERS = {
    "twice": (["a", "b", "c", "a"], "names a level twice"),
    "unknown": (["a", "b", "c", "d"], "names `d`, which is no level of this column"),
    "left out": (["a", "c"], "leaves out the level `b`"),
    "long": (["a" * 99], "names `" + "a" * 39 + "…`, which is no level of this column"),
}


@pytest.mark.parametrize("name", WRONG_ORDERS)
def test_an_order_must_be_of_the_levels(name: str) -> None:
    levels, sentence = WRONG_ORDERS[name]
    with pytest.raises(InvalidRequest) as refusal:
        in_order("my/f", column(["a", "b", "c"]), levels)
    assert refusal.value.detail == f"The order of levels for `my/f` {sentence}."
    assert refusal.value.faults[0].pointer == "/levels/my~1f"
    assert refusal.value.faults[0].column == "my/f"


def test_codes_that_are_sorted_take_little_memory() -> None:
    codes = 1000 * np.random.default_rng(1).integers(0, 1000, 100_000)
    tracemalloc.start()
    occurring, places = renumber(codes, 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(occurring[places], codes)
    # An order, the places by it and by row, and marks.
    assert peak < 3.5 * codes.nbytes
