"""The linear algebra of many small matrices against that of one at a time."""

from collections.abc import Callable

import numpy as np
import pytest

from service.arrays import Matrices, Matrix
from service.engine import groupwise

GROUPS = 6
random = np.random.default_rng(1)

SIZES = pytest.mark.parametrize("q", [1, 2, 3, 5])


def grams(q: int, *, rank: int | None = None) -> Matrices:
    """Products of random columns, of this rank."""
    rows = random.normal(size=(q if rank is None else rank, q, GROUPS))
    products: Matrices = np.einsum("raj,rbj->abj", rows, rows)
    return products


def each(function: Callable[..., Matrix], *arrays: Matrices) -> Matrices:
    """A function of the matrices of every group."""
    return np.stack([function(*(array[:, :, j] for array in arrays)) for j in range(GROUPS)], axis=2)


@SIZES
def test_cholesky(q: int) -> None:
    A = grams(q)
    # Well-conditioned enough for a dozen roundings.
    np.testing.assert_allclose(groupwise.cholesky(A), each(np.linalg.cholesky, A), rtol=0, atol=1e-10)


@SIZES
def test_cholesky_plus_identity(q: int) -> None:
    A = grams(q, rank=1)
    L = groupwise.cholesky_plus_identity(A)
    # A handful of roundings.
    np.testing.assert_allclose(groupwise.product(L, L.transpose(1, 0, 2)), A + np.eye(q)[:, :, None], atol=1e-13)
    assert (np.diagonal(L) >= 1.0).all()


@pytest.mark.parametrize(("q", "rank"), [(2, 1), (3, 1), (3, 2), (5, 2)])
def test_a_singular_matrix_has_a_factor_with_columns_of_zeros(q: int, rank: int) -> None:
    A = grams(q, rank=rank)
    L = groupwise.cholesky(A)
    # As above.
    np.testing.assert_allclose(groupwise.product(L, L.transpose(1, 0, 2)), A, rtol=0, atol=1e-12)
    assert (np.abs(L[:, rank:]) == 0.0).all()


def test_a_matrix_of_zeros_has_a_factor_of_zeros() -> None:
    assert not groupwise.cholesky(np.zeros((2, 2, 3))).any()


@SIZES
def test_solving(q: int) -> None:
    A, B = grams(q), random.normal(size=(q, 4, GROUPS))
    L = groupwise.cholesky(A)
    # Some condition numbers are of the order of thousands.
    np.testing.assert_allclose(groupwise.solve(L, B), each(np.linalg.solve, A, B), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(groupwise.product(L, groupwise.forward(L, B)), B, rtol=0, atol=1e-10)
    np.testing.assert_allclose(groupwise.product(L.transpose(1, 0, 2), groupwise.backward(L, B)), B, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("q", "rank"), [(2, 1), (3, 2), (5, 2)])
def test_a_solution_in_the_range_of_a_singular_matrix(q: int, rank: int) -> None:
    A = grams(q, rank=rank)
    B = groupwise.product(A, random.normal(size=(q, 2, GROUPS)))
    found = groupwise.solve(groupwise.cholesky(A), B)
    # As above.
    np.testing.assert_allclose(groupwise.product(A, found), B, rtol=0, atol=1e-9)


@SIZES
def test_log_determinants(q: int) -> None:
    A = grams(q)
    expected = sum(np.linalg.slogdet(A[:, :, j])[1] for j in range(GROUPS))
    # Rounding of a sum of six terms.
    assert groupwise.log_determinants(groupwise.cholesky(A)) == pytest.approx(float(expected), rel=1e-10)


@SIZES
def test_products(q: int) -> None:
    A, B, C, T = (
        grams(q),
        random.normal(size=(q, 4, GROUPS)),
        random.normal(size=(q, 3, GROUPS)),
        random.normal(size=(q, 2)),
    )
    # Sums of a few terms in another order.
    np.testing.assert_allclose(groupwise.sandwich(T, A), each(lambda own: T.T @ own @ T, A), rtol=0, atol=1e-13)
    np.testing.assert_allclose(groupwise.product(A, B), each(np.matmul, A, B), rtol=0, atol=1e-13)
    np.testing.assert_allclose(groupwise.times(T.T, B), each(lambda own: T.T @ own, B), rtol=0, atol=1e-13)
    total = sum(B[:, :, j].T @ C[:, :, j] for j in range(GROUPS))
    np.testing.assert_allclose(groupwise.weighted_products(B, C), total, rtol=0, atol=1e-13)


def test_the_reciprocal_of_zero_is_zero() -> None:
    assert groupwise.reciprocal(np.array([2.0, 0.0, -4.0])).tolist() == [0.5, 0.0, -0.25]
    assert groupwise.reciprocal(np.array([2.0, -4.0])).tolist() == [0.5, -0.25]
