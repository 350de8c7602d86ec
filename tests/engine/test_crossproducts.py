"""What is done to cross-products: parts merged, columns dropped, random columns turned."""

import numpy as np
import pytest

from service.arrays import Codes
from service.design import Design
from service.engine.basis import Bases, plain_bases
from service.engine.crossproducts import CrossProducts, merge, shares_kept, subtract, total_products, turn_random
from service.engine.fold import fold
from service.engine.random_factors import random_factors
from tests.engine.designs import columns_in, design_of, folded, random_rows, rows_of
from tests.engine.products import assert_same, by_definition
from tests.engine.structures import STRUCTURES, VARIED

NAMES = pytest.mark.parametrize("name", VARIED)


def part_of(design: Design, rows: Codes, bases: Bases) -> CrossProducts:
    """The cross-products of some rows."""
    part = rows_of(design, rows)
    return fold(part, Bases(random_factors(part), bases.fixed, bases.random))


@NAMES
def test_parts_merge_to_the_whole(name: str) -> None:
    design = STRUCTURES[name]
    bases = plain_bases(design)
    # Each part lacks some groups of nested factors altogether.
    parts = [part_of(design, rows, bases) for rows in (np.arange(17), np.arange(17, design.n))]
    # Two orders of the same sums.
    assert_same(merge(*parts), folded(design), tolerance=1e-12)


@NAMES
def test_what_is_merged_is_taken_back(name: str) -> None:
    design = STRUCTURES[name]
    bases = plain_bases(design)
    # Each part lacks some groups of nested factors altogether, and others have rows in both.
    first, second = (part_of(design, rows, bases) for rows in (np.arange(17), np.arange(17, design.n)))
    for part, left in ((first, second), (second, first)):
        found = subtract(merge(first, second), part)
        # Two orders of the same sums, and differences of numbers a few times as large.
        assert_same(found, left, tolerance=1e-11)
        gone = [own.counts == 0 for own in found.factors]
        assert all(not own.gram[:, :, none].any() for own, none in zip(found.factors, gone, strict=True))


def test_a_column_constant_within_groups_stays_so_when_a_part_is_taken_away() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    design = design_of(y, codes, 0.1 * v, x)
    bases = plain_bases(design)
    whole = fold(design, bases)
    left = subtract(whole, part_of(design, np.flatnonzero(codes == 2), bases))
    assert left.determined().tolist() == [1, 1, 0]
    assert left.factors[0].counts.tolist() == [3, 5, 0, 6, 3]


def test_it_is_known_what_a_difference_has_left() -> None:
    x, v, y, codes = random_rows(2, (3, 5, 7, 6, 3))
    outlying = design_of(y + 1e6 * (np.arange(y.size) == 10), codes, x, v)
    bases = plain_bases(outlying)
    whole = fold(outlying, bases)
    with_outlier, without = (part_of(outlying, np.flatnonzero(codes == j), bases) for j in (2, 0))
    # One row has all but 1e-12 of the squares.
    assert shares_kept(whole, subtract(whole, with_outlier)).min() < 1e-9
    assert shares_kept(whole, subtract(whole, without)).min() > 0.1


def test_a_column_constant_within_groups_stays_so_when_parts_merge() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    design = design_of(y, codes, 0.1 * v, x)
    bases = plain_bases(design)
    merged = merge(*(part_of(design, rows, bases) for rows in (np.arange(0, 24, 2), np.arange(1, 24, 2))))
    assert merged.determined().tolist() == [1, 1, 0]


def test_a_column_constant_in_the_parts_alone_varies_in_the_whole() -> None:
    design = design_of([1.0, 2, 3, 4], [0, 0, 1, 1], [0.0, 1, 0, 1])
    bases = plain_bases(design)
    parts = [part_of(design, np.array(rows), bases) for rows in ([0, 2], [1, 3])]
    assert [part.determined().tolist() for part in parts] == [[1, 1], [1, 1]]
    assert merge(*parts).determined().tolist() == [1, 0]


def test_groups_whose_rows_do_not_tell_all_coefficients_are_told_by_the_whole() -> None:
    design = STRUCTURES["three coefficients"]
    bases = plain_bases(design)
    singles = [part_of(design, np.array([row]), bases) for row in range(design.n)]
    total = singles[0]
    for single in singles[1:]:
        total = merge(total, single)
    # A regression of a single row is one of many; forty of them lose some digits on their way.
    assert_same(total, folded(design), tolerance=1e-11)


def test_kept_columns_are_those_of_a_fold_without_the_others() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    design, fewer = design_of(y, codes, x, v, x * v), design_of(y, codes, x, x * v)
    kept = folded(design).keep(np.array([0, 2]))
    # A product of fewer columns may add in another order.
    assert_same(kept, folded(fewer), tolerance=1e-14)
    assert kept.basis.columns.tolist() == [1, 3]


@NAMES
def test_the_total_is_that_of_all_rows(name: str) -> None:
    design = STRUCTURES[name]
    bases = plain_bases(design)
    D = columns_in(design, bases.fixed)
    w = np.ones(design.n) if design.weights is None else design.weights
    # Two orders of the same sums.
    np.testing.assert_allclose(total_products(folded(design)), D.T @ (D * w[:, None]), rtol=1e-12, atol=1e-12)


@NAMES
def test_turned_random_columns_are_those_of_a_fold_of_them(name: str) -> None:
    design = STRUCTURES[name]
    bases, random = plain_bases(design), np.random.default_rng(3)
    turns = []
    for factor in bases.factors:
        turn = np.eye(factor.n_coefficients)
        for term in factor.terms:
            turn[term, term] += np.triu(random.normal(size=turn[term, term].shape))
        turns.append(turn)
    turned = turn_random(folded(design), tuple(turns))
    true = by_definition(design, Bases(bases.factors, bases.fixed, tuple(own.basis for own in turned.factors)))
    # Maps of order two or three, some of them near singular.
    assert_same(turned, true, tolerance=1e-11)
