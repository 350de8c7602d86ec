from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.data.table import Numeric
from service.design import make_design
from service.formula import read
from tests.design.tables import table

ROWS = table(
    y=[1, 2, 3, 4, 5, 6, 7, 8],
    x=[0.5, 2, 1.5, 7, 3, 4.25, 6, 1],
    z=[1, -1, 2, -2, 3, -3, 4, 5],
    f=["a", "b", "c", "a", "b", "c", "a", "b"],
    h=["p", "p", "q", "q", "r", "r", "p", "q"],
    g=["s", "t", "s", "t", "s", "t", "s", "t"],
)
WIDE = make_design(read("y ~ x * f * h + poly(x, 2):z + z"), ROWS, contrasts={"h": "helmert"}).X
CUTS = st.lists(st.integers(0, 8), max_size=4)


@given(cuts=CUTS, k=st.integers(0, WIDE.n_columns - 1))
def test_a_column_filled_in_blocks_is_the_column(cuts: list[int], k: int) -> None:
    ends = [0, *sorted(cuts), 8]
    filled = np.full(8, np.nan)
    for start, stop in pairwise(ends):
        WIDE.fill(k, slice(start, stop), filled[start:stop])
    np.testing.assert_array_equal(filled, WIDE.column(k))
    np.testing.assert_array_equal(filled, WIDE.to_array()[:, k])


def test_a_column_may_be_filled_into_a_row_of_another_array() -> None:
    block = np.zeros((4, 3), order="F")
    WIDE.fill(1, slice(2, 5), block[1])
    assert block[1].tolist() == [1.5, 7, 3]
    assert not block[[0, 2, 3]].any()


def test_variables_are_not_copied_and_ones_take_no_memory() -> None:
    X = make_design(read("y ~ x + (x | g)"), ROWS).X
    assert isinstance(x := ROWS.columns["x"], Numeric)
    assert X.column(1) is x.values
    assert X.column(0).tolist() == [1] * 8
    assert X.column(0).strides == (0,)


def test_only_the_intercept_is_constant_by_nature() -> None:
    X = make_design(read("y ~ x + I(x / x)"), ROWS).X
    assert [X.is_constant_one(k) for k in range(X.n_columns)] == [True, False, False]


def test_an_array_has_all_columns_in_fortran_order() -> None:
    array = WIDE.to_array()
    assert array.shape == (WIDE.n_rows, WIDE.n_columns) == (8, len(WIDE.names))
    assert array.flags.f_contiguous


# formula: for every column of Z, the column of X that it is.
SAME = {
    "y ~ x + (x | g)": ["(Intercept)", "x"],
    "y ~ x * f + (0 + f:x | g)": [None, "x:fb", "x:fc"],
    "y ~ f + x + (f || g)": ["(Intercept)", None, "fb", "fc"],
    "y ~ x:z + (0 + z:x | g)": ["x:z"],
    "y ~ x * z * f + (0 + f:z:x | g)": [None, "x:z:fb", "x:z:fc"],
    "y ~ h + (0 + h | g)": [None, None, None],
    "y ~ h + (h | g)": ["(Intercept)", "h1", "h2"],
    "y ~ poly(x, 2) + (0 + poly(x, 2) | g)": ["poly(x, 2)1", "poly(x, 2)2"],
    "y ~ I(x) + (0 + x | g)": [None],
}


@pytest.mark.parametrize("text", SAME)
def test_columns_of_x_and_z_that_are_the_same_are_known_to_be(text: str) -> None:
    design = make_design(read(text), ROWS, contrasts={"h": "sum"})
    names = {design.X.identity(k): name for k, name in enumerate(design.names)}
    assert len(names) == design.X.n_columns
    places = [(effect.Z, k) for effect in design.random for k in range(effect.Z.n_columns)]
    assert [names.get(Z.identity(k)) for Z, k in places] == SAME[text]
    for Z, k in places:
        if Z.identity(k) in names:
            same = design.names.index(names[Z.identity(k)])
            np.testing.assert_array_equal(Z.column(k), design.X.column(same))
