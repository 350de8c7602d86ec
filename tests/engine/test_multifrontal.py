"""The sparse Cholesky factor and inverse against dense ones, for patterns from a chain to nearly full."""

import numpy as np
import pytest

from service.arrays import Codes, Matrix, Vector
from service.engine.fronts import Fronts, fronts_of
from service.engine.multifrontal import factorise, inverse_elements

SIZES_AND_SHARES = [(1, 0.0), (2, 1.0), (30, 0.0), (30, 0.05), (60, 0.1), (60, 0.5), (200, 0.01)]


def matrix_of(n: int, share: float, *, chain: bool = False) -> tuple[Matrix, Codes, Codes, Vector]:
    """A positive definite matrix with about this share of elements, and rows <= columns and values of those."""
    random = np.random.default_rng(n)
    A = np.where(random.random((n, n)) < share, random.normal(size=(n, n)), 0.0)
    if chain:
        A += np.diag(random.normal(size=n - 1), 1)
    A = np.triu(A, 1)
    A = A + A.T + np.diag(np.abs(A + A.T).sum(axis=1) + random.uniform(0.5, 2.0, n))
    rows, columns = np.nonzero(np.triu(A))
    return A, rows, columns, A[rows, columns]


def fronts(n: int, rows: Codes, columns: Codes) -> Fronts:
    found = fronts_of(n, rows, columns)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def nothing_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.fronts.FULL", 3.0)


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize(("n", "share"), SIZES_AND_SHARES)
@pytest.mark.parametrize("small", [0, 24])
def test_factor_and_inverse(n: int, share: float, small: int, chain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.fronts.SMALL", small)
    A, rows, columns, values = matrix_of(n, share, chain=chain)
    plan = fronts(n, rows, columns)
    factor = factorise(plan, values)
    B = np.random.default_rng(1).normal(size=(n, 3))
    inverse = np.linalg.inv(A)
    # The diagonal dominates: nothing is lost but a few last digits.
    assert factor.log_determinant == pytest.approx(float(np.linalg.slogdet(A)[1]), rel=1e-12, abs=1e-12)
    solved = np.empty_like(B)
    solved[plan.order] = factor.backward(factor.forward(B[plan.order]))
    np.testing.assert_allclose(solved, inverse @ B, rtol=0, atol=1e-13)
    half = factor.forward(B[plan.order])
    np.testing.assert_allclose(half.T @ half, B.T @ inverse @ B, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(inverse_elements(factor, values.size), inverse[rows, columns], rtol=0, atol=1e-13)


def test_what_is_not_positive_definite_is_said() -> None:
    _, rows, columns, values = matrix_of(30, 0.1)
    plan = fronts(30, rows, columns)
    with pytest.raises(np.linalg.LinAlgError):
        factorise(plan, np.where(rows == columns, -1.0, values))
