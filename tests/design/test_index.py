import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.arrays import Codes, Vector
from service.design.index import FREE_ROOM, MULTIPLIER, Index, union

NUMBERS = st.one_of(
    st.integers(-1000, 1000).map(float),
    st.sampled_from([0.0, -0.0, 0.5, 1e300, -1e300, 2.0**60, 2.0**53, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(NUMBERS, min_size=1), st.data())
def test_numbers_are_found_where_they_stand(numbers: list[float], data: st.DataObject) -> None:
    distinct = np.unique(np.array(numbers))
    sought = data.draw(st.lists(st.sampled_from([*numbers, np.nan])))
    places = Index(distinct).find(np.array(sought, dtype=np.float64))
    assert [None if place < 0 else distinct[place] for place in places.tolist()] == [
        None if np.isnan(number) else number for number in sought
    ]


@pytest.mark.parametrize(
    "distinct",
    [
        np.array([0, 1, 5], dtype=np.intp),
        np.array([0, 2**62, 2**62 + 1], dtype=np.intp),
        np.array([-3.0, 0.0, FREE_ROOM - 3.0]),
        np.array([-3.0, 0.0, 100.0 * FREE_ROOM]),
        np.array([-3.0, 0.25, 9.0]),
    ],
)
def test_in_a_table_or_not(distinct: Vector | Codes) -> None:
    assert Index(distinct).find(distinct[[2, 0, 1, 2]]).tolist() == [2, 0, 1, 2]


def test_numbers_chosen_to_meet_are_found_all_the_same() -> None:
    inverse = pow(int(MULTIPLIER), -1, 2**64)
    # Multiplied, the upper bits of all of these are zero; what is shifted into the lower ones is taken out again.
    products = np.array([inverse * k % 2**64 for k in range(1, 2000)], dtype=np.uint64)
    crowd = np.unique((products ^ (products >> np.uint64(32))).view(np.intp))
    index = Index(crowd)
    assert index._places is None
    np.testing.assert_array_equal(index.find(crowd[::-1]), np.arange(len(crowd))[::-1])


def test_nothing_is_found_in_nothing() -> None:
    assert Index(np.empty(0)).find(np.array([np.nan])).tolist() == [-1]
    assert Index(np.empty(0, dtype=np.intp)).find(np.empty(0, dtype=np.intp)).size == 0


def test_a_union_has_each_number_once() -> None:
    assert union(np.array([1.0, 3.0]), np.array([0.0, 3.0])).tolist() == [0.0, 1.0, 3.0]
    same = np.array([1.0, 3.0])
    assert union(same, same.copy()) is same
