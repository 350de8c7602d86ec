import numpy as np
import pytest

from service.design.contrasts import SCORES, column_suffixes

LEVELS = ["a", "b", "c", "d", "e"]

SUFFIXES = {
    "indicators": ["a", "b", "c", "d", "e"],
    "treatment": ["b", "c", "d", "e"],
    "sum": ["1", "2", "3", "4"],
    "helmert": ["1", "2", "3", "4"],
    "poly": [".L", ".Q", ".C", "^4"],
}


@pytest.mark.parametrize("scheme", SUFFIXES)
def test_suffixes_are_those_of_r(scheme: str) -> None:
    assert list(column_suffixes(scheme, LEVELS)) == SUFFIXES[scheme]


def test_two_levels_have_a_linear_polynomial() -> None:
    assert column_suffixes("poly", ["a", "b"]) == (".L",)


@pytest.mark.parametrize("scheme", SCORES)
@pytest.mark.parametrize("n_levels", [2, 3, 7, 60])
def test_scores_sum_to_zero_and_tell_all_levels_apart(scheme: str, n_levels: int) -> None:
    scores = SCORES[scheme](n_levels)
    assert scores.shape == (n_levels, n_levels - 1)
    # Rounding of sums of sixty numbers below sixty.
    np.testing.assert_allclose(scores.sum(axis=0), 0.0, atol=1e-12)
    assert np.linalg.matrix_rank(scores) == n_levels - 1


def test_helmert_compares_with_the_levels_before() -> None:
    assert SCORES["helmert"](3).tolist() == [[-1.0, -1.0], [1.0, -1.0], [0.0, 2.0]]


@pytest.mark.parametrize("n_levels", [2, 3, 7, 60])
def test_polynomial_scores_are_orthonormal_and_rise_to_the_last_level(n_levels: int) -> None:
    scores = SCORES["poly"](n_levels)
    # Orthonormal by a factorisation that keeps it to rounding.
    np.testing.assert_allclose(scores.T @ scores, np.eye(n_levels - 1), atol=1e-13)
    assert (scores[-1, : min(n_levels - 1, 6)] > 0).all()
