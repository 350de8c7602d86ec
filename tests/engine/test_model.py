"""What a fitted model says beyond its estimates: its ML deviance, and what small changes of theta do."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit, fit
from service.engine.model import JointModel
from tests.decimals import Column, squared
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES, lme4_theta, some_roots
from tests.oracle import answer_at, digits, solve

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])

STEP = Decimal("1e-12")

INSIDE = ["a slope, weights", "three terms of one factor", "crossed", "nested", "no coefficient"]


def model_of(found: Fit) -> JointModel:
    assert isinstance(found.model, JointModel)
    return found.model


def joint_deviance(design: Design, model: JointModel) -> Callable[[Column], Decimal]:
    """The witness' deviance as a function of the model's theta and log sigma^2."""
    factors, parameters = model.fold.factors, model.criterion.parameters
    places = list(zip(parameters.factor, parameters.row, parameters.column, strict=True))
    transforms = [
        [list(map(Decimal, row)) for row in own.basis.transform.tolist()] for own in model.fold.products.factors
    ]

    def deviance(at: Column) -> Decimal:
        roots = [[[Decimal(0)] * q for _ in range(q)] for q in parameters.sizes]
        for (f, r, c), value in zip(places, at[:-1], strict=True):
            roots[f][r][c] = value
        psis = {}
        for factor, T, root in zip(factors, transforms, roots, strict=True):
            scores = [
                [
                    sum((a * b for a, b in zip(row, column, strict=True)), Decimal(0))
                    for column in zip(*root, strict=True)
                ]
                for row in T
            ]
            psi = squared(scores)
            for effect, term in zip(factor.effects, factor.terms, strict=True):
                psis[id(effect)] = [row[term] for row in psi[term]]
        at_psi = solve(design, [psis[id(effect)] for effect in design.random])
        # Sigma is in units of the basis' y.
        return at_psi.deviance(model.criterion.restricted, at[-1])

    return deviance


def second_differences(function: Callable[[Column], Decimal], at: Column) -> Matrix:
    """The Hessian of a function."""
    steps = [STEP * (abs(value) or 1) for value in at]

    def moved(*moves: tuple[int, int]) -> Decimal:
        point = list(at)
        for place, sign in moves:
            point[place] += sign * steps[place]
        return function(point)

    k, middle = len(at), function(at)
    hessian = np.empty((k, k))
    for i in range(k):
        hessian[i, i] = float((moved((i, 1)) + moved((i, -1)) - 2 * middle) / steps[i] ** 2)
        for j in range(i):
            mixed = moved((i, 1), (j, 1)) + moved((i, -1), (j, -1)) - moved((i, 1), (j, -1)) - moved((i, -1), (j, 1))
            hessian[i, j] = hessian[j, i] = float(mixed / (4 * steps[i] * steps[j]))
    return hessian


@pytest.mark.parametrize(("name", "restricted"), [(name, k % 2 == 0) for k, name in enumerate(INSIDE)])
def test_the_covariance_of_theta_and_sigma(name: str, restricted: bool) -> None:
    design = STRUCTURES[name]
    found = fitted(name, restricted=restricted)
    model = model_of(found)
    with digits():
        log_variance = 2 * Decimal(found.estimates.sigma).ln()
        at = [*map(Decimal, model.at.theta.tolist()), log_variance]
        hessian = second_differences(joint_deviance(design, model), at)
    covariance = found.curvature().covariance
    size = np.sqrt(np.diag(covariance))
    # Differences of the gradient where there are several factors: their step's square, 1e-8.
    np.testing.assert_allclose(
        covariance / np.outer(size, size), 2.0 * np.linalg.inv(hessian) / np.outer(size, size), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(
    "name", ["a slope", "three coefficients, weights", "crossed, slopes by both", "nested", "no intercept"]
)
def test_slopes_by_theta_are_those_of_differences(name: str) -> None:
    found = fitted(name)
    model, curvature = model_of(found), found.curvature()
    step = 1e-5
    for i, unit in enumerate(np.eye(model.at.theta.size)):
        high, low = (model.criterion.at(model.at.theta + sign * step * unit) for sign in (1, -1))
        # Central differences: the square of the step, and rounding over it.
        inverse = (high.inverse - low.inverse) / (2 * step)
        size = np.sqrt(np.outer(np.diag(model.at.inverse), np.diag(model.at.inverse)))
        np.testing.assert_allclose(curvature.inverse_slopes[i] / size, inverse / size, rtol=0, atol=1e-7)
        for own, slopes in zip(range(len(model.fold.factors)), curvature.log_sd_slopes, strict=True):
            differences = (log_sds(model, high.theta)[own] - log_sds(model, low.theta)[own]) / (2 * step)
            told = np.isfinite(slopes[:, i])
            np.testing.assert_allclose(slopes[told, i], differences[told], rtol=0, atol=1e-7)


def log_sds(model: JointModel, theta: Vector) -> list[Vector]:
    """The logarithms of the standard deviations over sigma, factor by factor."""
    found = []
    for own, root in zip(model.fold.products.factors, model.criterion.parameters.roots(theta), strict=True):
        scores = own.basis.transform @ root
        found.append(0.5 * np.log((scores**2).sum(axis=1)))
    return found


def test_a_variance_of_zero_has_no_logarithm() -> None:
    design = STRUCTURES["crossed"]
    curvature = fit(design, theta=[0.5, 0.0]).curvature()
    assert [np.isnan(slopes).all() for slopes in curvature.log_sd_slopes] == [False, True]


def test_a_held_theta_has_no_covariance() -> None:
    found = fit(STRUCTURES["a slope"], theta=[1.0, 0.5, 0.7])
    covariance = found.curvature().covariance
    assert not covariance[:3].any()
    # A chi-square's: 2 over its degrees of freedom.
    assert covariance[3, 3] == pytest.approx(2.0 / found.estimates.residual_df, rel=1e-15)


@METHODS
@pytest.mark.parametrize("name", ["a slope", "crossed", "nested, slopes at both levels", "three coefficients"])
def test_the_deviance_is_that_of_ml(name: str, restricted: bool) -> None:
    ml = fitted(name, restricted=False).criterion
    # Two searches that end at one point.
    assert fitted(name, restricted=restricted).deviance() == pytest.approx(ml, rel=0, abs=1e-9)


@METHODS
def test_the_deviance_at_a_held_theta_is_that_of_ml_there(restricted: bool) -> None:
    design = STRUCTURES["crossed, slopes by both"]
    roots = some_roots(design, 4)
    true = answer_at(design, roots, restricted=False).criterion
    found = fit(design, restricted=restricted, theta=lme4_theta(design, roots))
    # Rounding of a value of some hundred.
    assert found.deviance() == pytest.approx(true, rel=0, abs=1e-11)


def test_parameters_are_counted() -> None:
    design = STRUCTURES["crossed, slopes by both"]
    held = fit(design, theta=lme4_theta(design, some_roots(design, 4)))
    assert (fitted("crossed, slopes by both").n_parameters, held.n_parameters, held.held, held.verdict) == (
        10,
        4,
        True,
        None,
    )
