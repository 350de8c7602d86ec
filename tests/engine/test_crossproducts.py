"""The fold against the definitions, row by row, and its addition against the whole."""

from dataclasses import replace

import numpy as np
import pytest

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.engine.basis import Basis, plain_basis
from service.engine.crossproducts import CrossProducts, fold_rows, merge
from tests.engine.designs import design_of, random_rows, rows_of
from tests.engine.hard_designs import EASY

NAMES = ["both, and their product", "weights over 6 decades", "no intercept", "offset", "no coefficient"]


def columns_in(design: Design, basis: Basis) -> Matrix:
    """D (n, m), by its definition."""
    y = design.y if design.offset is None else design.y - design.offset
    C = np.column_stack([design.X[:, basis.columns], y])
    D: Matrix = ((C - basis.shift) * basis.scale) @ basis.rotation
    return D


def turned(basis: Basis) -> Basis:
    """The basis with a rotation that mixes all columns of X."""
    k = basis.columns.size
    rotation = np.eye(k + 1)
    rotation[:k, :] += np.random.default_rng(1).normal(size=(k, k + 1))
    return replace(basis, rotation=rotation)


def assert_equal(ours: CrossProducts, true: CrossProducts, *, tolerance: float) -> None:
    assert ours.counts.tolist() == true.counts.tolist()
    for name in ("weights", "means", "within", "log_weights", "total_mean", "scatter"):
        a, b = np.asarray(getattr(ours, name)), np.asarray(getattr(true, name))
        size = max(float(np.abs(b).max(initial=0.0)), 1.0)
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * size, err_msg=name)


@pytest.mark.parametrize("turn", [False, True], ids=["plain", "turned"])
@pytest.mark.parametrize("name", NAMES)
def test_the_fold_is_what_its_definitions_say(name: str, turn: bool) -> None:
    design = EASY[name]
    basis = turned(plain_basis(design)) if turn else plain_basis(design)
    products, D = fold_rows(design, basis), columns_in(design, basis)
    codes: Codes = design.random[0].grouping.codes
    w: Vector = np.ones(len(D)) if design.weights is None else design.weights
    means = np.array([np.average(D[codes == j], axis=0, weights=w[codes == j]) for j in range(7)])
    around, apart = D - means[codes], D - D.mean(axis=0)
    within = (around * w[:, None]).T @ around
    constant = np.append([np.ptp(around[:, k]) < 1e-12 for k in range(D.shape[1] - 1)], False).astype(bool)
    within[constant] = within[:, constant] = 0.0
    true = CrossProducts(
        basis=basis,
        counts=np.bincount(codes),
        weights=np.bincount(codes, w).astype(np.float64),
        means=means,
        within=within,
        log_weights=float(np.log(w).sum()),
        total_mean=D.mean(axis=0),
        scatter=apart.T @ apart,
    )
    # Two orders of the same sums of some twenty terms.
    assert_equal(products, true, tolerance=1e-13)
    assert products.n == 24


def test_blocks_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    design = EASY["weights over 6 decades"]
    whole = fold_rows(design, plain_basis(design))
    monkeypatch.setattr("service.engine.crossproducts.BLOCK_ROWS", 5)
    # Two orders of the same sums.
    assert_equal(fold_rows(design, plain_basis(design)), whole, tolerance=1e-14)


def test_columns_constant_within_groups_are_exactly_so() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    products = fold_rows(design := design_of(y, codes, 0.1 * v, x, v / 3), plain_basis(design))
    assert products.constant_within().tolist() == [1, 0, 1]
    assert products.within[[0, 2]].tolist() == [[0.0] * 4] * 2


@pytest.mark.parametrize("name", NAMES)
def test_parts_merge_to_the_whole(name: str) -> None:
    design = EASY[name]
    basis = plain_basis(design)
    # The first part lacks the last groups altogether, the second the first ones.
    parts = [fold_rows(rows_of(design, rows), basis) for rows in (np.arange(9), np.arange(9, 24))]
    # Two orders of the same sums.
    assert_equal(merge(*parts), fold_rows(design, basis), tolerance=1e-13)


def test_a_column_constant_within_groups_stays_so_when_parts_merge() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    design = design_of(y, codes, 0.1 * v, x)
    basis = plain_basis(design)
    merged = merge(*(fold_rows(rows_of(design, rows), basis) for rows in (np.arange(0, 24, 2), np.arange(1, 24, 2))))
    assert merged.constant_within().tolist() == [1, 0]


def test_a_column_constant_in_the_parts_alone_varies_in_the_whole() -> None:
    design = design_of([1.0, 2, 3, 4], [0, 0, 1, 1], [0.0, 1, 0, 1])
    basis = plain_basis(design)
    parts = [fold_rows(rows_of(design, np.array(rows)), basis) for rows in ([0, 2], [1, 3])]
    assert [part.constant_within().tolist() for part in parts] == [[1], [1]]
    assert merge(*parts).constant_within().tolist() == [0]


def test_kept_columns_are_those_of_a_fold_without_the_others() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    design, fewer = design_of(y, codes, x, v, x * v), design_of(y, codes, x, x * v)
    kept = fold_rows(design, plain_basis(design)).keep(np.array([0, 2]))
    # A product of fewer columns may add in another order.
    assert_equal(kept, fold_rows(fewer, plain_basis(fewer)), tolerance=1e-14)
    assert kept.basis.columns.tolist() == [1, 3]
