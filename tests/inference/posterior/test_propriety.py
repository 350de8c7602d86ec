"""Which posteriors exist, and which moments: the tails that are claimed are those of the densities."""

import math

import numpy as np
import pytest
from scipy import stats

from service.data import dataset
from service.design import Design, make_design
from service.engine import fit
from service.engine.scalar.criterion import criterion_of
from service.engine.scalar.limits import no_pooling
from service.errors import InvalidRequest, ServiceError, UnsupportedModel
from service.formula import read
from service.inference.posterior import Prior, posterior
from service.inference.posterior.axes import Axis
from service.inference.posterior.joint import Joint, ridge_of
from service.inference.posterior.propriety import Tails, tails_of
from tests.engine.designs import design_of, model, random_rows

HALF_T, HALF_CAUCHY, HALF_NORMAL = Prior(0.0, 3.0), Prior(0.0, 1.0), Prior(0.0)


def joint_of(design: Design, prior: Prior) -> Joint:
    products = fit(design).estimates.products
    criterion, limit = criterion_of(products, restricted=True), no_pooling(products)
    scaled = prior.in_units(products.basis.y_unit)
    return Joint(criterion, scaled, tails_of(limit, criterion.nu, scaled))


@pytest.mark.parametrize("prior", [Prior(), HALF_T, HALF_CAUCHY])
@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_the_density_falls_as_its_tail_says(prior: Prior, level: bool, intercept: bool) -> None:
    x, v, y, codes = random_rows(8, (4, 3, 5, 2, 3))
    joint = joint_of(design_of(y, codes, x, *[v] * level, intercept=intercept), prior)
    height = ridge_of(joint, Axis(1.0, np.array([30.0, 31.0]))).height
    # By x = log theta; what is left of lower powers is exp(-2 x).
    assert height[0] - height[1] == pytest.approx(joint.tails.between, rel=1e-9)


@pytest.mark.parametrize("prior", [Prior(), HALF_T])
def test_the_density_falls_by_sigma_as_its_tail_says(prior: Prior) -> None:
    x, _, y, codes = random_rows(8, (4, 3, 5, 2, 3))
    joint = joint_of(design_of(y, codes, x), prior)
    # At theta = 0 the prior does not count.
    log_density = ridge_of(joint, Axis(1.0, np.array([0.0, 1.0]))).log_density(np.array([30.0, 31.0]))
    assert log_density[0, 0] - log_density[0, 1] == pytest.approx(joint.tails.residual, rel=1e-9)


@pytest.mark.parametrize(("tails", "grows", "moments"), [
    (Tails(2.0, 9.0), False, 1), (Tails(2.5, 0.5), False, 2), (Tails(9.0, 1.0), True, 0), (Tails(9.0, 2.0), True, 1),
    (Tails(9.0, 2.5), True, 2), (Tails(1.0, 9.0), True, 0), (Tails(9.0, math.inf), True, 2),
])  # fmt: skip
def test_moments_exist_below_the_tail(tails: Tails, grows: bool, moments: int) -> None:
    assert tails.moments(grows=grows) == moments


@pytest.mark.parametrize(("groups", "told"), [(3, [False, False]), (4, [True, False]), (5, [True, True])])
def test_few_groups_have_no_mean_of_what_only_groups_tell(groups: int, told: list[bool]) -> None:
    x, _, y, codes = random_rows(2, (4,) * groups)
    found = posterior(fit(design_of(y, codes, x)), Prior(), 0.95)
    assert found.intercepts is not None
    for summary in (found.group_sd, found.new_group, found.new_observation):
        assert [bool(np.isfinite(each).all()) for each in (summary.mean, summary.sd)] == told
    for values, moment in ((found.coefficients.mean, told[0]), (found.coefficients.sd, told[1])):
        assert np.isfinite(values).tolist() == [moment, True]
    for summary in (found.intercepts, found.residual_sd, found.icc):
        assert np.isfinite([summary.mean, summary.sd]).all()


def refusal(design: Design, prior: Prior, theta: list[float] | None = None) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        posterior(fit(design, theta=theta), prior, 0.95)
    return caught.value


def test_the_uniform_prior_needs_two_groups_more_than_coefficients_between_them() -> None:
    x, v, y, codes = random_rows(2, (4, 4, 4))
    for design in (design_of(y[:8], codes[:8], x[:8]), design_of(y, codes, x, v)):
        refused = refusal(design, Prior())
        assert isinstance(refused, InvalidRequest)
        assert refused.faults[0].pointer == "/prior"
        assert "half-t" in refused.detail
        assert np.isfinite(posterior(fit(design), HALF_T, 0.95).coefficients.low).all()
    # Without a coefficient between groups two groups are enough.
    assert np.isfinite(posterior(fit(design_of(y[:8], codes[:8], x[:8], intercept=False)), Prior(), 0.95).icc.low).all()


@pytest.mark.parametrize("prior", [Prior(), HALF_T, HALF_NORMAL])
def test_no_prior_helps_where_nothing_is_left_within_groups_or_between(prior: Prior) -> None:
    x, v, y, codes = random_rows(2, (2, 1, 1, 1, 1))
    refused = refusal(design_of(y, codes, x), prior)
    assert isinstance(refused, UnsupportedModel)
    assert "no row to tell the residual variance" in refused.detail
    x, v, y, codes = random_rows(2, (4, 4))
    assert "as many group-level coefficients as groups" in refusal(design_of(y, codes, v), prior).detail
    x, v, y, codes = random_rows(2, (4, 4, 4))
    assert "residual standard deviation is 0" in refusal(design_of(2.0 * x + v, codes, x), prior).detail


def test_models_of_another_kind_are_refused() -> None:
    random = np.random.default_rng(0)
    columns = {"y": random.normal(size=40), "x": random.normal(size=40), "g": np.arange(40) % 8, "h": np.arange(40) % 5}
    for formula in ("y ~ x + (x | g)", "y ~ x + (0 + x | g)", "y ~ x + (1 | g) + (1 | h)"):
        refused = refusal(model(formula, columns), Prior())
        assert isinstance(refused, UnsupportedModel)
        assert "one varying intercept" in refused.detail
    held = refusal(model("y ~ x + (1 | g)", columns), Prior(), theta=[0.5])
    assert "held" in held.detail


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_a_scale_in_other_units_is_a_mistake(scale: float) -> None:
    x, _, y, codes = random_rows(2, (4, 4, 4))
    refused = refusal(design_of(y, codes, x), Prior(math.log(scale), 3.0))
    assert isinstance(refused, InvalidRequest)
    assert refused.faults[0].pointer == "/scale"


def test_a_prior_without_groups_to_tell_otherwise_pools_completely() -> None:
    # sigma_alpha is next to 0: what is left is classical regression, with its t distributions on n - p.
    design = make_design(read("log_radon ~ floor + (1 | county)"), dataset("radon"))
    found = posterior(fit(design), Prior(math.log(1e-9)), 0.9)
    X, y = design.X.to_array(), design.y
    inverse = np.linalg.inv(X.T @ X)
    beta = inverse @ X.T @ y
    squares, nu = float(((y - X @ beta) ** 2).sum()), y.size - 2
    error = np.sqrt(squares / nu * np.diag(inverse))
    np.testing.assert_allclose(found.coefficients.high, beta + stats.t.ppf(0.95, nu) * error, rtol=1e-7)
    np.testing.assert_allclose(found.coefficients.sd, error * math.sqrt(nu / (nu - 2.0)), rtol=1e-7)
    ends = np.sqrt(squares / stats.chi2.ppf([0.95, 0.05], nu))
    np.testing.assert_allclose([found.residual_sd.low[0], found.residual_sd.high[0]], ends, rtol=1e-7)
    normal = 1e-9 * stats.halfnorm.ppf([0.05, 0.5, 0.95])
    np.testing.assert_allclose(
        [found.group_sd.low[0], found.group_sd.median[0], found.group_sd.high[0]], normal, rtol=1e-6
    )
