"""What is profiled out: coefficients, by a triangle, and the constants of the deviance."""

import numpy as np
import pytest

from service.engine.profile import whiten

random = np.random.default_rng(1)


@pytest.mark.parametrize("p", [1, 2, 5])
@pytest.mark.parametrize("scale", [1.0, 1e-100, 1e100])
def test_a_matrix_is_whitened(p: int, scale: float) -> None:
    rows = random.normal(size=(20, p)) * np.geomspace(1.0, 1e6, p)
    A = rows.T @ rows * scale
    R, log_determinant = whiten(A)
    # Scaled to unit diagonal it is well conditioned.
    np.testing.assert_allclose(R @ A @ R.T, np.eye(p), rtol=0, atol=1e-12)
    np.testing.assert_allclose(A @ (R.T @ R), np.eye(p), rtol=0, atol=1e-5)
    assert not np.triu(R, 1).any()
    expected = float(np.linalg.slogdet(A / scale)[1]) + p * float(np.log(scale))
    assert log_determinant == pytest.approx(expected, rel=1e-12)


def test_no_coefficient_needs_no_whitening(capfd: pytest.CaptureFixture[str]) -> None:
    R, log_determinant = whiten(np.zeros((0, 0)))
    assert (R.shape, log_determinant) == ((0, 0), 0.0)
    # Nor do the libraries beneath complain of an empty matrix.
    assert capfd.readouterr() == ("", "")


def test_what_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        whiten(np.array([[1.0, 2.0], [2.0, 1.0]]))
