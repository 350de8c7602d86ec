"""The spectrum of a small matrix."""

import numpy as np
import pytest

from service.arrays import Matrix
from service.engine.spectrum import eigen, singular

RANDOM = np.random.default_rng(11)
SQUARES = [RANDOM.standard_normal((k, k)) for k in (1, 2, 5)]
ROUNDING = 1e-13
"""Some hundred times the rounding of matrices whose elements are of order one."""


@pytest.mark.parametrize("A", SQUARES)
def test_eigenvectors_are_stretched_by_their_values(A: Matrix) -> None:
    symmetric = A + A.T
    values, vectors = eigen(symmetric)
    assert np.all(np.diff(values) >= 0)
    np.testing.assert_allclose(symmetric @ vectors, vectors * values, atol=ROUNDING)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(len(A)), atol=ROUNDING)


@pytest.mark.parametrize("A", SQUARES)
def test_only_the_lower_triangle_is_read(A: Matrix) -> None:
    np.testing.assert_array_equal(eigen(np.tril(A))[0], eigen(np.tril(A) + np.tril(A, -1).T)[0])


@pytest.mark.parametrize("A", SQUARES)
def test_singular_vectors_and_values_are_those_of_the_square(A: Matrix) -> None:
    vectors, values = singular(A)
    assert np.all(np.diff(values) <= 0)
    np.testing.assert_allclose((vectors * values**2) @ vectors.T, A @ A.T, atol=ROUNDING)


def test_a_matrix_without_rank_has_no_singular_value_but_zero() -> None:
    np.testing.assert_array_equal(singular(np.zeros((2, 2)))[1], 0.0)
