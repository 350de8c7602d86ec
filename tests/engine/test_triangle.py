"""The triangle of many rows, made in blocks, is that of all of them."""

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.engine import triangle
from service.engine.columns import Column
from service.engine.triangle import triangle_below, triangular_factor

A = np.random.default_rng(5).normal(size=(50, 4))


def columns_of(rows: Matrix) -> list[Column]:
    def source(values: Vector) -> Column:
        return Column(id(values), lambda block, out: np.copyto(out, values[block]))

    return [source(column) for column in np.ascontiguousarray(rows.T)]


def test_its_square_are_the_cross_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triangle, "rows_at_once", lambda width: 7)
    R = triangle_below(np.zeros((0, 4)), columns_of(A), 50)
    assert R.shape == (4, 4)
    assert np.tril(R, -1).tolist() == np.zeros((4, 4)).tolist()
    products = R.T @ R
    assert products == pytest.approx(A.T @ A, rel=1e-13)


def test_rows_may_come_in_turns() -> None:
    first = triangle_below(np.zeros((0, 4)), columns_of(A[:20]), 20)
    both = triangle_below(first, columns_of(A[20:]), 30)
    assert both.T @ both == pytest.approx(A.T @ A, rel=1e-13)


def test_it_keeps_the_digits_that_squares_lose() -> None:
    near = np.column_stack([A[:, 0], A[:, 0] + 1e-10 * A[:, 1]])
    R = triangle_below(np.zeros((0, 2)), columns_of(near), 50)
    left = A[:, 1] - A[:, 0] * (A[:, 0] @ A[:, 1]) / (A[:, 0] @ A[:, 0])
    # 1e-10 of what each number holds to 1e-16.
    assert abs(R[1, 1]) == pytest.approx(1e-10 * float(np.linalg.norm(left)), rel=1e-5)


def test_fewer_rows_than_columns_leave_a_trapezium() -> None:
    assert triangular_factor(A[:2]).shape == (2, 4)
