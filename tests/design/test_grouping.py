import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.data.table import Categorical
from service.design.grouping import make_grouping


def factor(codes: list[int], *levels: str) -> Categorical:
    return Categorical(np.array(codes), levels)


def test_only_levels_that_occur_are_groups() -> None:
    grouping = make_grouping("g", [factor([2, 0, 2], "a", "b", "c")])
    assert (grouping.name, grouping.levels, grouping.codes.tolist()) == ("g", ("a", "c"), [1, 0, 1])


def test_codes_of_levels_that_all_occur_are_the_table_s_own() -> None:
    codes = np.arange(5)
    assert make_grouping("g", [Categorical(codes, tuple("abcde"))]).codes is codes


def test_combinations_are_ordered_by_the_first_factor() -> None:
    grouping = make_grouping("b:a", [factor([1, 0, 1, 0], "x", "y"), factor([0, 1, 2, 1], "p", "q", "r")])
    assert grouping.levels == ("x:q", "y:p", "y:r")
    assert grouping.codes.tolist() == [1, 0, 2, 0]


def test_a_row_that_misses_a_part_has_no_group() -> None:
    grouping = make_grouping("b:a", [factor([0, -1, 0, -1], "x"), factor([0, 0, -1, -1], "p")])
    assert (grouping.levels, grouping.codes.tolist()) == (("x:p",), [0, -1, -1, -1])


@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=20))
def test_every_row_is_in_the_group_of_its_labels(rows: list[tuple[int, int, int]]) -> None:
    factors = [factor([row[place] for row in rows], *"abcd") for place in range(3)]
    grouping = make_grouping("three", factors)
    labels = [":".join("abcd"[code] for code in row) for row in rows]
    assert [grouping.levels[code] for code in grouping.codes] == labels
    assert list(grouping.levels) == sorted(set(labels))
