"""Cross-products of parts add up to those of the whole, however the rows are divided."""

from dataclasses import replace
from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.arrays import Codes
from service.design import Design
from service.engine.basis import Bases, plain_bases
from service.engine.crossproducts import CrossProducts, merge
from service.engine.fold import fold
from service.engine.random_factors import random_factors
from service.engine.scalar.criterion import criterion_of
from tests.engine.designs import folded, rows_of
from tests.engine.products import assert_same
from tests.properties.strategies import FEW, QUICK, designs, models


def parts_of(design: Design, seed: int, most: int = 5) -> list[CrossProducts]:
    """The cross-products of up to five parts of the rows, none empty, in one basis; most parts lack some groups."""
    owner, bases = np.random.default_rng(seed).integers(0, most, design.n), plain_bases(design)
    return [part_of(design, np.flatnonzero(owner == k), bases) for k in np.unique(owner)]


def part_of(design: Design, rows: Codes, bases: Bases) -> CrossProducts:
    """The cross-products of some rows."""
    part = rows_of(design, rows)
    return fold(part, replace(bases, factors=random_factors(part)))


TOLERANCE = 1e-11
"""Columns are of the order of one: sums of some fifty terms in another order, or of a row at a time."""

seeds = st.integers(0, 2**32 - 1)


@QUICK
@given(designs(), seeds)
def test_parts_add_up(design: Design, seed: int) -> None:
    assert_same(reduce(merge, parts_of(design, seed)), folded(design), tolerance=TOLERANCE)


@FEW
@given(designs(), seeds)
def test_single_rows_add_up(design: Design, seed: int) -> None:
    bases, order = plain_bases(design), np.random.default_rng(seed).permutation(design.n)
    rows = [part_of(design, order[k : k + 1], bases) for k in range(design.n)]
    assert_same(reduce(merge, rows), folded(design), tolerance=TOLERANCE)


@QUICK
@given(designs(), seeds)
def test_the_order_of_addition_makes_no_difference(design: Design, seed: int) -> None:
    parts = parts_of(design, seed)
    assert_same(reduce(merge, parts[::-1]), reduce(merge, parts), tolerance=TOLERANCE)


@QUICK
@given(designs(), seeds)
def test_where_the_brackets_stand_makes_no_difference(design: Design, seed: int) -> None:
    parts = parts_of(design, seed)
    backwards = reduce(lambda after, before: merge(before, after), parts[::-1])
    assert_same(backwards, reduce(merge, parts), tolerance=TOLERANCE)


@QUICK
@given(designs(), seeds, st.floats(1e-3, 1e3))
def test_the_criterion_of_the_sum_is_that_of_the_whole(design: Design, seed: int, phi: float) -> None:
    whole = criterion_of(folded(design), restricted=True).at(phi)
    merged = criterion_of(reduce(merge, parts_of(design, seed)), restricted=True).at(phi)
    # A criterion of some hundred, of sums that differ by 1e-14.
    assert abs(merged.value - whole.value) < 1e-9


@FEW
@given(models(), seeds)
def test_so_do_parts_of_several_factors(design: Design, seed: int) -> None:
    parts = parts_of(design, seed)
    assert_same(reduce(merge, parts), folded(design), tolerance=TOLERANCE)
    assert_same(reduce(merge, parts[::-1]), folded(design), tolerance=TOLERANCE)


@FEW
@given(models(), seeds)
def test_so_do_their_single_rows(design: Design, seed: int) -> None:
    bases, order = plain_bases(design), np.random.default_rng(seed).permutation(design.n)
    rows = [part_of(design, order[k : k + 1], bases) for k in range(design.n)]
    assert_same(reduce(merge, rows), folded(design), tolerance=TOLERANCE)
