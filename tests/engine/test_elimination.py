"""One factor eliminated, against the definitions of what its groups leave."""

import numpy as np
import pytest

from service.arrays import Matrices, Matrix
from service.engine import groupwise
from service.engine.elimination import columns_of, graded_roots, grading, groups_of, pool, shrunken

GROUPS = 7
random = np.random.default_rng(4)
rows = random.normal(size=(4, 3, GROUPS))
GRAM: Matrices = np.einsum("raj,rbj->abj", rows, rows)
FEW: Matrices = np.einsum("raj,rbj->abj", rows[:2], rows[:2])
"""Of groups of four rows, and of two, which do not tell three coefficients."""

LAMBDAS: dict[str, Matrix] = {
    "moderate": np.array([[1.0, 0, 0], [0.5, 0.7, 0], [-0.3, 0.2, 1.5]]),
    "graded": np.diag([1e-3, 1.0, 1e3]),
    "large": 1e3 * np.array([[1.0, 0, 0], [0.5, 0.7, 0], [-0.3, 0.2, 1.5]]),
    "of rank one": np.array([[1.0, 0, 0], [0.5, 0, 0], [-0.3, 0, 0]]),
    "zero": np.zeros((3, 3)),
}


@pytest.mark.parametrize("gram", [GRAM, FEW], ids=["enough rows", "few rows"])
@pytest.mark.parametrize("name", LAMBDAS)
def test_what_a_group_leaves(name: str, gram: Matrices) -> None:
    root = LAMBDAS[name]
    psi = root @ root.T
    pooled = pool(graded_roots(gram, grading(psi)), psi)
    total = 0.0
    for j in range(GROUPS):
        G = gram[:, :, j]
        inner = np.eye(3) + root.T @ G @ root
        N = G - G @ root @ np.linalg.solve(inner, root.T @ G)
        H = root @ np.linalg.solve(inner, root.T)
        # The definition of N is a difference: it loses six digits at a ratio of a thousand.
        size = 1e-6 if root.max() > 100 else 1e-13
        np.testing.assert_allclose(pooled.N[:, :, j], N, rtol=0, atol=size * 10)
        np.testing.assert_allclose(shrunken(gram, root)[:, :, j], H, rtol=0, atol=size * max(1.0, psi.max()))
        total += float(np.linalg.slogdet(inner)[1])
    # A sum of seven logarithms.
    assert pooled.log_determinant == pytest.approx(total, rel=1e-12, abs=1e-12)


def test_a_single_coefficient_is_that_of_a_matrix_of_one() -> None:
    gram = GRAM[:1, :1]
    for theta in (0.0, 0.3, 1e4):
        pooled = pool(groupwise.cholesky(gram), np.array([[theta**2]]))
        # A few roundings.
        np.testing.assert_allclose(pooled.N, gram / (1.0 + theta**2 * gram), rtol=1e-14)
        np.testing.assert_allclose(shrunken(gram, np.array([[theta]])), theta**2 / (1 + theta**2 * gram), rtol=1e-14)
        assert pooled.log_determinant == pytest.approx(float(np.log1p(theta**2 * gram).sum()), rel=1e-13)


@pytest.mark.usefixtures("small_blocks")
def test_groups_are_taken_some_at_a_time() -> None:
    root = LAMBDAS["moderate"]
    pooled = pool(groupwise.cholesky(GRAM), root @ root.T)
    N = np.linalg.inv(np.linalg.inv(GRAM.transpose(2, 0, 1)) + root @ root.T).transpose(1, 2, 0)
    # Four rows tell three coefficients with a condition number of a thousand.
    np.testing.assert_allclose(pooled.N, N, rtol=0, atol=1e-10)


def test_roots_are_graded_by_variance() -> None:
    psi = np.diag([1.0, 9.0, 4.0])
    assert grading(psi) == (1, 2, 0)
    roots = graded_roots(GRAM, grading(psi))
    # A handful of roundings.
    np.testing.assert_allclose(groupwise.product(roots, roots.transpose(1, 0, 2)), GRAM, rtol=0, atol=1e-13)
    assert not roots[1, 1:].any()
    assert not roots[2, 2:].any()


def test_columns_of_groups_and_back() -> None:
    matrices = random.normal(size=(3, 2, GROUPS))
    columns = columns_of(matrices)
    assert columns[3 * 4 + 1].tolist() == matrices[1, :, 4].tolist()
    np.testing.assert_array_equal(groups_of(columns, 3), matrices)
