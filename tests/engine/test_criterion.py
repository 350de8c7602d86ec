"""The criterion of any random factors and its derivatives, against the textbook with matrices n by n."""

import numpy as np
import pytest

from service.engine.criterion import criterion_of, hessian_by_differences, hessian_by_extrapolation, unrestricted
from tests.engine.cases import THETAS, case, psis_of, theta_of
from tests.engine.structures import SINGLE, STRUCTURES
from tests.engine.textbook import by_theta, group_blocks, inverted

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
NAMES = pytest.mark.parametrize("name", STRUCTURES)

WITNESS = {"large": 1e-6}
"""What the witness loses: it inverts a V whose condition number is a million and more."""


@METHODS
@NAMES
def test_the_value_and_its_derivatives_by_theta(name: str, restricted: bool) -> None:
    this = case(name, restricted=restricted)
    for kind in THETAS if restricted else ("moderate", "singular"):
        theta, tolerance = theta_of(this.criterion, kind), WITNESS.get(kind, 1e-10)
        at = this.criterion.at(theta)
        # Rounding of a value of some hundred.
        true = this.book.deviance(psis_of(this.criterion, theta))
        assert at.value == pytest.approx(true, rel=0, abs=tolerance), kind
        gradient, hessian = by_theta(this.book, this.criterion.parameters, theta)
        size = max(float(np.abs(theta).max()), 1.0)
        # By the logarithm of theta derivatives are sums over groups of terms of the order of ten, or their products.
        np.testing.assert_allclose(size * at.gradient, size * gradient, rtol=0, atol=100 * tolerance, err_msg=kind)
        if name.removesuffix(", weights") in SINGLE:
            own, other = size**2 * at.hessian, size**2 * hessian
            np.testing.assert_allclose(own, other, rtol=0, atol=1e4 * tolerance, err_msg=kind)


@METHODS
@pytest.mark.parametrize("name", SINGLE)
def test_a_hessian_by_extrapolation_is_the_exact_one(name: str, restricted: bool) -> None:
    this = case(name, restricted=restricted)
    theta = theta_of(this.criterion, "moderate")
    exact = this.criterion.at(theta).hessian
    near, size = hessian_by_differences(this.criterion, theta), float(np.abs(exact).max())
    # Differences of one step err by 1e-8 here, and would hide a direction without curvature.
    np.testing.assert_allclose(hessian_by_extrapolation(this.criterion, theta, near), exact, rtol=0, atol=1e-10 * size)


@METHODS
@pytest.mark.parametrize("name", SINGLE)
def test_what_is_made_anew_of_many_groups_is_what_is_kept_of_few(
    name: str, restricted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = case(name, restricted=restricted)
    theta = theta_of(this.criterion, "moderate")
    few = this.criterion.at(theta)
    monkeypatch.setattr("service.engine.criterion.FEW_GROUPS", 0)
    many = this.criterion.at(theta)
    # The same sums in the same order.
    np.testing.assert_array_equal(many.hessian, few.hessian)
    assert many.value == few.value
    for own, kept in zip(many.factors, few.factors, strict=True):
        np.testing.assert_array_equal(own.U, kept.U)
        np.testing.assert_array_equal(own.effects_covariance(), kept.effects_covariance())


@NAMES
def test_what_is_known_of_every_group(name: str) -> None:
    this = case(name, restricted=True)
    for kind in THETAS:
        theta, tolerance = theta_of(this.criterion, kind), 100 * WITNESS.get(kind, 1e-10)
        at, psis = this.criterion.at(theta), psis_of(this.criterion, theta)
        inverse = inverted(this.book.covariance(psis))
        for solved, psi, (Z, codes) in zip(at.factors, psis, this.book.factors, strict=True):
            N = group_blocks(inverse, Z, codes)
            U = np.stack([Z[codes == j].T @ (inverse @ this.D)[codes == j] for j in range(N.shape[2])], axis=2)
            H = psi[:, :, None] - np.einsum("ab,bcj,cd->adj", psi, N, psi)
            size = max(float(np.abs(psi).max()), 1.0)
            # In units of the rows' weights, which are up to ten a row; H, a difference, in units of Psi.
            np.testing.assert_allclose(solved.N, N, rtol=0, atol=tolerance, err_msg=kind)
            np.testing.assert_allclose(solved.U, U, rtol=0, atol=tolerance, err_msg=kind)
            np.testing.assert_allclose(
                solved.effects_covariance() / size, H / size, rtol=0, atol=tolerance, err_msg=kind
            )


@METHODS
@NAMES
def test_the_slopes_by_psi(name: str, restricted: bool) -> None:
    this = case(name, restricted=restricted)
    theta = theta_of(this.criterion, "singular")
    true = this.book.slopes(psis_of(this.criterion, theta))
    for ours, expected in zip(this.criterion.at(theta).slopes, true, strict=True):
        # As the gradient.
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-8)


@NAMES
def test_the_coefficients_and_sigma(name: str) -> None:
    this = case(name, restricted=True)
    theta = theta_of(this.criterion, "moderate")
    at = this.criterion.at(theta)
    root = np.linalg.cholesky(inverted(this.book.covariance(psis_of(this.criterion, theta)))).T
    X, y = root @ this.D[:, :-1], root @ this.D[:, -1]
    beta = np.linalg.lstsq(X, y)[0]
    # Least squares on whitened rows, which lose what V's condition number takes.
    np.testing.assert_allclose(at.beta, beta, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(at.inverse, np.linalg.inv(X.T @ X), rtol=1e-9, atol=1e-12)
    assert at.rho == pytest.approx(float(((y - X @ beta) ** 2).sum()), rel=1e-10)


@pytest.mark.parametrize("name", ["a slope", "crossed, slopes by both, weights", "nested"])
def test_ml_of_a_restricted_criterion(name: str) -> None:
    criterion = case(name, restricted=True).criterion
    theta = theta_of(criterion, "moderate")
    ml = criterion_of(criterion.products, criterion.parameters, restricted=False)
    assert unrestricted(criterion).at(theta).value == ml.at(theta).value
