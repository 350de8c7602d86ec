"""Which columns meet, against the matrices themselves."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from service.engine.sparsity import Remainder, count_pairs, entries_of, meets_one_group, pair_up

random = np.random.default_rng(2)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_entries_are_all_elements_of_a_block(q: int) -> None:
    block = random.normal(size=(5 * q, 8)) * (random.random(size=(5 * q, 8)) < 0.3)
    group, column, values = entries_of(csr_array(block), q)
    dense = np.zeros((5, q, 8))
    dense[group, :, column] = values.T
    np.testing.assert_array_equal(dense.reshape(5 * q, 8), block)
    assert (np.diff(group * 8 + column) > 0).all()


def test_pairs_are_those_of_entries_of_one_group() -> None:
    coupling = pair_up(np.array([0, 0, 0, 2, 3, 3]), np.array([1, 4, 5, 0, 2, 7]))
    pairs = list(zip(coupling.left.tolist(), coupling.right.tolist(), strict=True))
    assert pairs == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (3, 3), (4, 4), (4, 5), (5, 5)]
    assert count_pairs(coupling.group) == len(pairs)
    assert coupling.keys(8).tolist() == [9, 12, 13, 36, 37, 45, 0, 18, 23, 63]


@pytest.mark.parametrize(
    ("column", "q", "columns", "expected"),
    [
        ([0, 1, 2, 3], 1, slice(0, 4), False),
        ([0, 1, 2, 3], 2, slice(0, 4), True),
        ([0, 4, 1, 5], 1, slice(0, 4), True),
        ([0, 3, 1, 5], 1, slice(0, 4), False),
        ([0, 3, 1, 5], 1, slice(3, 6), True),
        ([3, 4, 1, 5], 2, slice(3, 7), True),
    ],
)
def test_one_group_is_met_or_several(column: list[int], q: int, columns: slice, expected: bool) -> None:
    assert meets_one_group(np.array([0, 0, 1, 1]), np.array(column), q, columns) is expected


def test_elements_are_found_where_they_are() -> None:
    remainder = Remainder(4, np.array([0, 2, 5, 11]))
    assert remainder.find(np.array([5, 0, 3, 11, 15])).tolist() == [2, 0, 4, 3, 4]


def test_elements_beside_columns_are_found() -> None:
    remainder = Remainder(4, np.array([0, 2, 5, 11]))
    assert remainder.beside(np.array([False, False, True, False])).tolist() == [1, 3]
