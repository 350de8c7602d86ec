"""Cross-products of parts add up to those of the whole, however the rows are divided."""

from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design import Design
from service.engine.basis import plain_basis
from service.engine.criterion import criterion_of
from service.engine.crossproducts import CrossProducts, fold_rows, merge
from tests.engine.designs import rows_of
from tests.properties.strategies import QUICK, designs


def parts_of(design: Design, seed: int, most: int = 5) -> list[CrossProducts]:
    """The cross-products of up to five parts of the rows, none empty, in one basis; most parts lack some groups."""
    owner = np.random.default_rng(seed).integers(0, most, design.y.size)
    basis = plain_basis(design)
    return [fold_rows(rows_of(design, np.flatnonzero(owner == k)), basis) for k in np.unique(owner)]


def assert_same(a: CrossProducts, b: CrossProducts) -> None:
    assert a.counts.tolist() == b.counts.tolist()
    assert a.constant_within().tolist() == b.constant_within().tolist()
    for name in ("weights", "means", "within", "log_weights", "total_mean", "scatter"):
        ours, true = np.asarray(getattr(a, name)), np.asarray(getattr(b, name))
        size = max(float(np.abs(true).max(initial=0.0)), 1.0)
        # Columns are of the order of one: sums of some fifty terms in another order.
        assert np.abs(ours - true).max(initial=0.0) <= 1e-12 * size, name


seeds = st.integers(0, 2**32 - 1)


@QUICK
@given(designs(), seeds)
def test_parts_add_up(design: Design, seed: int) -> None:
    assert_same(reduce(merge, parts_of(design, seed)), fold_rows(design, plain_basis(design)))


@QUICK
@given(designs(), seeds)
def test_single_rows_add_up(design: Design, seed: int) -> None:
    basis = plain_basis(design)
    order = np.random.default_rng(seed).permutation(design.y.size)
    rows = [fold_rows(rows_of(design, order[k : k + 1]), basis) for k in range(design.y.size)]
    assert_same(reduce(merge, rows), fold_rows(design, basis))


@QUICK
@given(designs(), seeds)
def test_the_order_of_addition_makes_no_difference(design: Design, seed: int) -> None:
    parts = parts_of(design, seed)
    assert_same(reduce(merge, parts[::-1]), reduce(merge, parts))


@QUICK
@given(designs(), seeds)
def test_where_the_brackets_stand_makes_no_difference(design: Design, seed: int) -> None:
    parts = parts_of(design, seed)
    backwards = reduce(lambda after, before: merge(before, after), parts[::-1])
    assert_same(backwards, reduce(merge, parts))


@QUICK
@given(designs(), seeds, st.floats(1e-3, 1e3))
def test_the_criterion_of_the_sum_is_that_of_the_whole(design: Design, seed: int, phi: float) -> None:
    whole = criterion_of(fold_rows(design, plain_basis(design)), restricted=True).at(phi)
    merged = criterion_of(reduce(merge, parts_of(design, seed)), restricted=True).at(phi)
    # A criterion of some hundred, of sums that differ by 1e-14.
    assert abs(merged.value - whole.value) < 1e-9
