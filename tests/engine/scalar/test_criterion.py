"""The criterion and its derivatives against the witness, which differentiates in 60 digits."""

from decimal import Decimal

import numpy as np
import pytest

from service.design import Design
from service.engine.scalar.criterion import Criterion, criterion_of, unrestricted
from tests.engine.designs import conditioned, design_of
from tests.engine.hard_designs import EASY
from tests.oracle import digits, solve

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
NAMES = ["both, and their product", "weights over 6 decades", "x and x + v", "no intercept", "y in 1e160"]
PHIS = [1e-6, 0.04, 1.0, 25.0, 1e8]
STEP = Decimal("1e-12")


def criterion(design: Design, *, restricted: bool) -> Criterion:
    return criterion_of(conditioned(design).products, restricted=restricted)


def differences(design: Design, phi: float, *, restricted: bool) -> tuple[float, float, float]:
    """The witness' deviance and, times phi and its square, two derivatives by phi."""
    with digits():
        at = Decimal(phi)
        values = [solve(design, at + at * k * STEP).deviance(restricted) for k in (-1, 0, 1)]
        slope = (values[2] - values[0]) / (2 * STEP)
        curvature = (values[2] - 2 * values[1] + values[0]) / STEP**2
    return float(values[1]), float(slope), float(curvature)


@METHODS
@pytest.mark.parametrize("phi", PHIS)
@pytest.mark.parametrize("name", NAMES)
def test_value_slope_and_curvature(name: str, phi: float, restricted: bool) -> None:
    at = criterion(EASY[name], restricted=restricted).at(phi)
    value, slope, curvature = differences(EASY[name], phi, restricted=restricted)
    # The terms are of the order of the rows, the value of a hundred or, in 1e160, of 18,000.
    assert at.value == pytest.approx(value, rel=1e-13, abs=1e-11)
    assert phi * at.slope == pytest.approx(slope, rel=1e-10, abs=1e-11)
    assert phi**2 * at.curvature == pytest.approx(curvature, rel=1e-10, abs=1e-11)


@METHODS
@pytest.mark.parametrize("name", NAMES)
def test_the_derivatives_at_zero_are_one_sided(name: str, restricted: bool) -> None:
    at = criterion(EASY[name], restricted=restricted).at(0.0)
    with digits():
        step = Decimal("1e-20")
        first, second = (solve(EASY[name], phi).deviance(restricted) for phi in (Decimal(0), step))
        slope = float((second - first) / step)
    # The one-sided difference errs by the curvature times its step.
    assert at.slope == pytest.approx(slope, rel=1e-10)


@METHODS
def test_a_scan_finds_what_evaluations_find(restricted: bool) -> None:
    plain = criterion(EASY["both, and their product"], restricted=restricted)
    phis = np.array([0.0, *PHIS])
    found = [plain.at(phi).slope for phi in phis.tolist()]
    # Two orders of the same sums.
    np.testing.assert_allclose(plain.slopes(plain.scan(phis)), found, rtol=1e-11)


@METHODS
def test_a_scan_of_large_matrices_finds_the_same(monkeypatch: pytest.MonkeyPatch, restricted: bool) -> None:
    plain = criterion(EASY["both, and their product"], restricted=restricted)
    phis = np.array([0.0, *PHIS])
    together = plain.slopes(plain.scan(phis))
    monkeypatch.setattr("service.engine.scalar.criterion.LARGE", 1)
    # Another factorisation of the same matrices.
    np.testing.assert_allclose(plain.slopes(plain.scan(phis)), together, rtol=1e-11)


def test_a_scan_for_reml_serves_ml() -> None:
    products = conditioned(EASY["weights over 6 decades"]).products
    restricted = criterion_of(products, restricted=True)
    phis = np.array(PHIS)
    ml = unrestricted(restricted, products)
    # Two orders of the same sums.
    np.testing.assert_allclose(ml.slopes(restricted.scan(phis)), [ml.at(phi).slope for phi in PHIS], rtol=1e-11)


def test_a_scan_in_parts_is_the_same_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = criterion(EASY["both, and their product"], restricted=True)
    phis = np.geomspace(1e-3, 1e3, 10)
    whole = plain.slopes(plain.scan(phis))
    monkeypatch.setattr(
        "service.engine.scalar.criterion.SCANNED", 3 * max(plain.between.weights.size, plain.within.size)
    )
    # A product of fewer rows may add in another order.
    np.testing.assert_allclose(plain.slopes(plain.scan(phis)), whole, rtol=1e-13)


def test_ml_of_a_restricted_criterion() -> None:
    products = conditioned(EASY["weights over 6 decades"]).products
    restricted = criterion_of(products, restricted=True)
    assert unrestricted(restricted, products).at(0.3).value == criterion_of(products, restricted=False).at(0.3).value


def test_the_slopes_of_rho_and_of_the_coefficients_covariance() -> None:
    plain = criterion(EASY["both, and their product"], restricted=True)
    low, at, high = (plain.at(phi) for phi in (0.5 - 1e-5, 0.5, 0.5 + 1e-5))
    # A central difference: the square of its step, and rounding over it.
    np.testing.assert_allclose(at.rho_slope, (high.rho - low.rho) / 2e-5, rtol=1e-8)
    slope = -at.inverse @ at.A1 @ at.inverse
    np.testing.assert_allclose(slope, (high.inverse - low.inverse) / 2e-5, rtol=1e-8, atol=1e-10)


def test_the_joint_curvature_holds_sigma() -> None:
    # By eq. 34 of Bates et al. 2015 sigma enters as rho / sigma^2 alone; profiling it out takes (nu rho' / rho)^2 / nu.
    at = criterion(EASY["a predictor"], restricted=True).at(0.5)
    nu = EASY["a predictor"].y.size - 2
    # A handful of roundings.
    assert at.joint_curvature - nu * (at.rho_slope / at.rho) ** 2 == pytest.approx(at.curvature, rel=1e-12)


def test_a_residual_of_nothing_but_rounding_has_a_logarithm() -> None:
    # The one row to spare within groups is explained by x, so that nothing is left as theta grows.
    x = np.array([-1.01, 0.76, 0.3, -0.42, 1.2, 0.5])
    saturated = design_of(2 * x + [1.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 1, 2, 3, 4], x)
    assert np.isfinite(criterion(saturated, restricted=True).at(1e200).value)
