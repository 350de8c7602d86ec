import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design.combinations import Combinations


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 6)), min_size=1),
    st.integers(1, 3),
    st.integers(1, 5),
)
def test_each_combination_that_occurs_has_a_place_in_order(
    rows: list[tuple[int, int, int]], n_factors: int, n_batches: int
) -> None:
    codes = [np.array([row[factor] for row in rows], dtype=np.intp) for factor in range(n_factors)]
    found = Combinations([5, 3, 7][:n_factors])
    while not found.is_complete:
        for part in np.array_split(np.arange(len(rows)), n_batches):
            found.see([own[part] for own in codes])
        found.end_pass()
    expected = sorted({row[:n_factors] for row in rows}) if n_factors > 1 else [(code,) for code in range(5)]
    assert list(zip(*(own.tolist() for own in found.specimen()), strict=True)) == expected
    assert [expected[place] for place in found.find(codes).tolist()] == [row[:n_factors] for row in rows]


def test_many_large_factors_do_not_overflow() -> None:
    size = 2**31 - 1
    codes = [np.array([size - 1, 0, size - 2], dtype=np.intp)] * 5
    found = Combinations([size] * 5)
    while not found.is_complete:
        found.see(codes)
        found.end_pass()
    assert found.find(codes).tolist() == [2, 0, 1]
