"""The influence of groups by its definitions, with matrices written out."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from service.arrays import Matrix, Vector
from service.design import Design, take_rows, without_empty_groups
from service.engine import Estimates, Fit, WithoutGroup, fit
from service.errors import ServiceError
from service.inference import Influence, influences
from tests.engine.designs import design_of, random_rows
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES

SIZES = (4, 6, 3, 5, 7)
X, V, Y, CODES = random_rows(12, SIZES)
WEIGHTS = np.random.default_rng(13).uniform(0.3, 3.0, Y.size)


def of(design: Design, this: Fit, place: int = 0) -> list[Influence]:
    return list(influences(design, this, place, np.arange(this.estimates.factors[place].factor.n_groups)))


def refit(design: Design, this: Fit, rows: Vector) -> Estimates:
    return fit(without_empty_groups(take_rows(design, np.flatnonzero(rows))), restricted=this.restricted).estimates


def spread_of(part: Design, root: Matrix) -> Matrix:
    """W^-1 + Z Lambda Lambda' Z' of one group's rows."""
    Z = np.column_stack([effect.Z.to_array() for effect in part.random]) @ root
    weights = np.ones(part.n) if part.weights is None else part.weights
    V: Matrix = np.diag(1.0 / weights) + Z @ Z.T
    return V


@pytest.mark.parametrize("name", ["a slope, weights", "an offset", "group-level predictor"])
def test_they_are_what_their_definitions_say(name: str) -> None:
    design, this = STRUCTURES[name], fitted(name)
    codes = design.random[0].grouping.codes
    for found in of(design, this)[:3]:
        true = refit(design, this, codes != found.group)
        change = true.beta - this.estimates.beta
        distance = change @ np.linalg.solve(this.estimates.covariance, change) / change.size
        # The searches end within 1e-8 standard errors of theta.
        assert found.cooks_distance == pytest.approx(distance, rel=1e-5)
        np.testing.assert_allclose(found.dfbetas, change / true.std_error, rtol=0, atol=1e-6)
        part = take_rows(design, np.flatnonzero(codes == found.group))
        left = part.y - part.X.to_array() @ true.beta - (0.0 if part.offset is None else part.offset)
        weights = np.ones(part.n) if part.weights is None else part.weights
        assert found.rows == part.n
        assert found.prediction_error == pytest.approx(np.sqrt(weights @ left**2 / weights.sum()), rel=1e-6)
        density = multivariate_normal(cov=true.sigma**2 * spread_of(part, true.factors[0].root)).logpdf(left)
        assert found.log_density == pytest.approx(density, abs=1e-5)


def test_densities_add_up_to_the_likelihood_given_the_estimates() -> None:
    # At a theta that is held, with so many rows that no group matters, leaving it out changes nothing.
    x, _, y, codes = random_rows(14, (3,) * 1500)
    design = design_of(y, codes, x)
    this = fit(design, restricted=False, theta=[0.8])
    total = sum(found.log_density for found in of(design, this))
    # Each group is predicted worse without it than with it, by some p + 1 parameters in all.
    assert -0.5 * this.criterion - 10.0 < total < -0.5 * this.criterion


def test_in_models_of_several_factors_there_is_no_density() -> None:
    design, this = STRUCTURES["nested"], fitted("nested")
    (found, *_) = list(influences(design, this, 1, np.array([2])))
    assert np.isnan(found.log_density)
    assert found.prediction_error > 0.0
    assert found.rows == 8


def test_a_group_without_a_fit_has_nothing_but_a_reason() -> None:
    design = design_of(Y, CODES, X, (CODES == 3) * V)
    found = of(design, fit(design))
    assert [isinstance(each.without, ServiceError) for each in found] == [False, False, False, True, False]
    lost = found[3]
    assert (lost.group, lost.rows) == (3, 5)
    assert np.isnan([lost.cooks_distance, *lost.dfbetas, lost.prediction_error, lost.log_density]).all()


def test_a_shift_of_a_predictor_changes_no_distance() -> None:
    near, far = (of(design := design_of(Y, CODES, x), fit(design)) for x in (X, X + 1e6))
    for one, other in zip(near, far, strict=True):
        # A shift by a million leaves ten digits of x; what the covariance of the data's coefficients would have, four.
        assert other.cooks_distance == pytest.approx(one.cooks_distance, rel=1e-7)


@pytest.mark.parametrize("unit", [1e-200, 1e150])
def test_a_unit_of_the_response_changes_what_has_it_alone(unit: float) -> None:
    near, far = (of(design := design_of(y, CODES, X, weights=WEIGHTS), fit(design)) for y in (Y, Y * unit))
    for one, other in zip(near, far, strict=True):
        assert isinstance(one.without, WithoutGroup)
        assert isinstance(other.without, WithoutGroup)
        # The searches end where rounding does.
        assert other.cooks_distance == pytest.approx(one.cooks_distance, rel=1e-9)
        assert other.prediction_error / unit == pytest.approx(one.prediction_error, rel=1e-9)
        assert other.log_density + one.rows * np.log(unit) == pytest.approx(one.log_density, abs=1e-9)
        np.testing.assert_allclose(other.dfbetas, one.dfbetas, rtol=0, atol=1e-9)


def test_at_a_limit_there_is_no_distance() -> None:
    design = design_of(Y, CODES, X)
    found = of(design, fit(design, theta=[np.inf]))
    assert np.isnan([each.cooks_distance for each in found]).all()
    assert np.isfinite([each.prediction_error for each in found]).all()
    assert np.isnan([each.log_density for each in found]).all()
