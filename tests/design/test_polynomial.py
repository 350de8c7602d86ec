import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design.polynomial import orthogonal_polynomials, orthogonal_recurrence, raw_polynomials

VALUES = st.lists(st.integers(-50, 50), min_size=6, max_size=30, unique=True)


@given(values=VALUES, degree=st.integers(1, 4))
def test_columns_are_orthonormal_and_sum_to_zero(values: list[int], degree: int) -> None:
    x = np.array(values, dtype=np.float64)
    columns = orthogonal_polynomials(x, orthogonal_recurrence(x, degree))
    assert columns.shape == (len(x), degree)
    # The recurrence loses about a digit per degree.
    np.testing.assert_allclose(columns.T @ columns, np.eye(degree), atol=1e-10)
    np.testing.assert_allclose(columns.sum(axis=0), 0.0, atol=1e-10)


@given(values=VALUES, center=st.integers(-(10**6), 10**6), factor=st.sampled_from([1e-3, 0.5, 8.0, 1e6]))
def test_columns_do_not_depend_on_the_unit(values: list[int], center: int, factor: float) -> None:
    x = np.array(values, dtype=np.float64)
    columns = orthogonal_polynomials(x, orthogonal_recurrence(x, 3))
    moved = factor * (x + center)
    # Adding a center of 1e6 to values of 1 costs them six of sixteen digits, cubing half a digit more.
    np.testing.assert_allclose(orthogonal_polynomials(moved, orthogonal_recurrence(moved, 3)), columns, atol=1e-7)


def test_new_values_lie_on_the_same_polynomial() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    recurrence = orthogonal_recurrence(x, 2)
    # On 0..4 the second polynomial is ((x - 2)^2 - 2) / sqrt(14), the first (x - 2) / sqrt(10).
    new = np.array([-7.0, 2.5, 11.0])
    exact = np.column_stack([(new - 2) / np.sqrt(10), ((new - 2) ** 2 - 2) / np.sqrt(14)])
    # Exact but for rounding.
    np.testing.assert_allclose(orthogonal_polynomials(new, recurrence), exact, rtol=1e-14)


def test_missing_values_stay_missing() -> None:
    recurrence = orthogonal_recurrence(np.array([0.0, 1.0, 3.0]), 2)
    assert np.isnan(orthogonal_polynomials(np.array([np.nan, 1.0]), recurrence)).any(axis=1).tolist() == [True, False]


def test_raw_polynomials_are_powers() -> None:
    assert raw_polynomials(np.array([2.0, -3.0]), 3).tolist() == [[2.0, 4.0, 8.0], [-3.0, 9.0, -27.0]]
