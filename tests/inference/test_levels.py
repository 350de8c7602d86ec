"""Whether a column is constant within groups."""

import numpy as np
import pytest

from service.design import Grouping
from service.inference import is_constant_within

GROUPING = Grouping("g", np.array([0, 2, 1, 2, 0, 1, 2]), ("a", "b", "c"))


@pytest.mark.parametrize(
    ("of_groups", "moved", "constant"),
    [
        ([1.0, 2.0, 3.0], 0.0, True),
        ([0.0, 0.0, 0.0], 0.0, True),
        ([0.0, 0.0, 0.0], 1e-300, False),
        ([1.0, 2.0, 3.0], 1e-15, True),
        ([1e9, 2e9, 3e9], 1e-6, True),
        ([1.0, 2.0, 3.0], 1e-9, False),
    ],
)
def test_rounding_apart_a_group_has_one_value(of_groups: list[float], moved: float, constant: bool) -> None:
    values = np.array(of_groups)[GROUPING.codes]
    values[3] += moved
    assert is_constant_within([(values, GROUPING)]) == constant
    first, second = (Grouping("g", GROUPING.codes[rows], GROUPING.levels) for rows in (slice(3), slice(3, None)))
    assert is_constant_within([(values[:3], first), (values[3:], second)]) == constant
