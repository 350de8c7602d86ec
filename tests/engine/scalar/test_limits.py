"""The ends of partial pooling, against classical regression: complete pooling, no pooling, no noise."""

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import fit
from tests.engine.designs import design_of, group_of, random_rows
from tests.engine.hard_designs import EASY, codes, letters, v, x, y, z

NAMES = ["both, and their product", "weights over 6 decades", "offset", "no intercept", "factor without intercept"]


def least_squares(design: Design, X: Matrix) -> tuple[Vector, Matrix, float]:
    """Coefficients, their covariance and the residual standard deviation of weighted least squares."""
    root = np.sqrt(np.ones(design.y.size) if design.weights is None else design.weights)
    response = design.y if design.offset is None else design.y - design.offset
    beta = np.asarray(np.linalg.lstsq(X * root[:, None], response * root)[0], dtype=np.float64)
    residual = (response - X @ beta) * root
    variance = float(residual @ residual) / (design.y.size - np.linalg.matrix_rank(X))
    gram = X.T @ (X * root[:, None] ** 2)
    return beta, variance * np.linalg.pinv(gram), float(np.sqrt(variance))


@pytest.mark.parametrize("name", NAMES)
def test_complete_pooling_is_least_squares(name: str) -> None:
    design = EASY[name]
    estimates = fit(design, theta=[0.0]).estimates
    beta, covariance, sigma = least_squares(design, design.X.to_array())
    # Least squares loses a digit or two by its condition number.
    np.testing.assert_allclose(estimates.beta, beta, rtol=1e-11)
    np.testing.assert_allclose(estimates.covariance, covariance, rtol=1e-10, atol=1e-12)
    assert estimates.sigma == pytest.approx(sigma, rel=1e-12)
    assert (estimates.factors[0].sd[0], estimates.theta[0]) == (0.0, 0.0)
    assert not estimates.factors[0].effects[0].any()


@pytest.mark.parametrize("name", ["a predictor", "both, and their product", "weights over 6 decades", "no intercept"])
def test_no_pooling_is_least_squares_with_indicators(name: str) -> None:
    design = EASY[name]
    estimates = fit(design, theta=[np.inf]).estimates
    within = np.flatnonzero(estimates.group_level == 0)
    beta, covariance, sigma = least_squares(design, np.column_stack([design.X.to_array()[:, within], np.eye(7)[codes]]))
    k = within.size
    # As above; the pseudoinverse of the witness costs some more.
    np.testing.assert_allclose(estimates.beta[within], beta[:k], rtol=1e-10)
    np.testing.assert_allclose(estimates.covariance[np.ix_(within, within)], covariance[:k, :k], rtol=1e-9)
    assert estimates.sigma == pytest.approx(sigma, rel=1e-11)
    # A group's own line: its indicator's coefficient.
    rest = np.flatnonzero(estimates.group_level)
    first = np.array([np.flatnonzero(codes == j)[0] for j in range(7)])
    lines = design.X.to_array()[np.ix_(first, rest)] @ estimates.beta[rest] + estimates.factors[0].effects[0]
    np.testing.assert_allclose(lines, beta[k:], rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_very_large_theta_is_nearly_no_pooling(name: str) -> None:
    near, limit = fit(EASY[name], theta=[1e8]).estimates, fit(EASY[name], theta=[np.inf]).estimates
    # Of the order 1 / theta^2, times the largest weight of a row.
    np.testing.assert_allclose(near.beta, limit.beta, rtol=1e-8)
    np.testing.assert_allclose(near.factors[0].effects, limit.factors[0].effects, rtol=1e-8, atol=1e-8)


def test_no_pooling_leaves_errors_without_bound_where_groups_take_everything() -> None:
    estimates = fit(EASY["both, and their product"], theta=[np.inf]).estimates
    assert np.isposinf(estimates.std_error).tolist() == [True, False, True, False]
    assert np.isposinf(estimates.covariance[0]).all()
    assert (estimates.theta[0], estimates.factors[0].sd[0], set(np.asarray(estimates.factors[0].weight).tolist())) == (
        np.inf,
        np.inf,
        {1.0},
    )


@pytest.mark.parametrize(
    ("design", "endless"),
    [
        (design_of(y, codes, *letters, z, intercept=False), [True, True, True, False]),
        (design_of(y, codes, x, x + v, z), [True, True, True, False]),
        (design_of(y, codes, z, z + 1e-5 * x, v), [True, False, False, True]),
        (design_of(y, codes, x, v, 1e-9 * z), [True, False, True, False]),
    ],
    ids=["indicators", "x and x + v", "nearly dependent", "scales apart"],
)
def test_an_error_without_bound_spoils_no_other(design: Design, endless: list[bool]) -> None:
    assert np.isposinf(fit(design, theta=[np.inf]).estimates.std_error).tolist() == endless


@pytest.mark.parametrize("theta", [1e155, 1e300])
def test_a_theta_whose_square_is_beyond_a_double_is_no_pooling(theta: float) -> None:
    assert fit(EASY["a predictor"], theta=[theta]).estimates.theta.tolist() == [np.inf]


@pytest.mark.parametrize("theta", [1e-200, 1e30, 1e100])
def test_any_theta_can_be_held(theta: float) -> None:
    estimates = fit(EASY["both, and their product"], theta=[theta]).estimates
    assert np.isfinite(estimates.beta).all()
    assert estimates.theta[0] == pytest.approx(theta if theta > 1 else 0.0, rel=1e-15)


groups = group_of((2, 3, 4, 3, 2))
steps, level = np.round(np.sin(np.arange(14.0)), 2), np.array([1.0, 4.0, 2.0, 8.0, 5.0])

NO_NOISE = {
    "y constant within groups": design_of(level[groups], groups),
    "and a predictor": design_of(level[groups], groups, steps),
    "y = 2x + group": design_of(2 * steps + level[groups], groups, steps),
    "and far away": design_of(2 * steps + level[groups] + 1e6, groups, steps),
    "and without intercept": design_of(level[groups], groups, steps, intercept=False),
    "and weights": design_of(level[groups], groups, weights=1.0 + np.arange(14.0)),
}
NOTHING_LEFT = {
    "y constant": design_of(np.full(14, 0.1), groups),
    "y constant, a predictor": design_of(np.full(14, 0.1), groups, steps),
    "y zero": design_of(np.zeros(14), groups, steps),
    "y zero, no coefficient": design_of(np.zeros(14), groups, intercept=False),
    "y = 1 + 2x": design_of(1 + 2 * steps, groups, steps),
    "y = 1 + 0.3x + group-level": design_of(1 + 0.3 * steps + level[groups] / 3, groups, steps, level[groups]),
    "y = 3v, weights": design_of(3 * level[groups], groups, level[groups], weights=1.0 + np.arange(14.0)),
}


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", NO_NOISE)
def test_without_noise_the_groups_are_known_exactly(name: str, restricted: bool) -> None:
    design = NO_NOISE[name]
    fitted = fit(design, restricted=restricted)
    estimates = fitted.estimates
    has_mean = design.intercept
    around = level - level.mean() if has_mean else level
    # As if the groups' means were the data, unweighted: a simple mean, or zero, and its standard deviation.
    sd = np.sqrt(around @ around / (5 - (restricted and has_mean)))
    assert (estimates.sigma, estimates.theta[0], fitted.verdict) == (0.0, np.inf, None)
    assert np.isnan([fitted.criterion, fitted.deviance()]).all()
    # Rounding of the response, at 1e6 too.
    assert estimates.factors[0].sd[0] == pytest.approx(sd, rel=1e-9)
    np.testing.assert_allclose(estimates.factors[0].effects[0], around, rtol=0, atol=1e-9)
    assert not estimates.factors[0].effect_sd[0].any()
    if has_mean:
        assert estimates.std_error[0] == pytest.approx(sd / np.sqrt(5), rel=1e-9)


@pytest.mark.parametrize("theta", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("name", ["and a predictor", "y = 2x + group", "and weights"])
def test_a_theta_that_is_held_makes_noise_of_the_groups(name: str, theta: float) -> None:
    design = NO_NOISE[name]
    estimates = fit(design, theta=[theta]).estimates
    assert estimates.theta.tolist() == [theta]
    if theta == 0:
        beta, _, sigma = least_squares(design, design.X.to_array())
        # Least squares loses a digit or two.
        np.testing.assert_allclose(estimates.beta, beta, rtol=1e-12)
        assert estimates.sigma == pytest.approx(sigma, rel=1e-12)


@pytest.mark.parametrize("theta", [None, 0.0, 0.5, 1e8])
@pytest.mark.parametrize("name", NOTHING_LEFT)
def test_where_nothing_is_left_all_variances_are_zero(name: str, theta: float | None) -> None:
    estimates = fit(NOTHING_LEFT[name], theta=None if theta is None else [theta]).estimates
    assert (estimates.sigma, estimates.factors[0].sd[0], estimates.theta[0]) == (0.0, 0.0, 0.0)
    assert not estimates.std_error.any()
    assert not np.asarray(estimates.factors[0].weight).any()


@pytest.mark.parametrize("name", NO_NOISE | NOTHING_LEFT)
def test_no_pooling_without_noise_has_no_noise(name: str) -> None:
    estimates = fit((NO_NOISE | NOTHING_LEFT)[name], theta=[np.inf]).estimates
    assert (estimates.sigma, estimates.factors[0].sd[0]) == (0.0, np.inf)


def test_noise_of_one_in_a_million_is_noise() -> None:
    assert fit(design_of(level[groups] + 1e-6 * steps, groups)).estimates.sigma > 0


def test_group_means_decide_what_no_pooling_leaves_open() -> None:
    _, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    estimates = fit(design_of(y, codes, v), theta=[np.inf]).estimates
    means = np.bincount(codes, y) / np.bincount(codes)
    first = [int(np.flatnonzero(codes == j)[0]) for j in range(5)]
    expected = np.linalg.lstsq(np.column_stack([np.ones(5), v[first]]), means)[0]
    # A handful of roundings.
    np.testing.assert_allclose(estimates.beta, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["both, and their product", "no intercept"])
def test_at_a_limit_theta_is_no_parameter(name: str) -> None:
    fitted = fit(EASY[name], theta=[np.inf])
    curvature, p = fitted.curvature(), fitted.estimates.beta.size
    assert np.isnan([fitted.criterion, fitted.deviance()]).all()
    # A chi-square's variance of a logarithm: 2 over its degrees of freedom.
    assert curvature.covariance.tolist() == [[0.0, 0.0], [0.0, 2.0 / fitted.estimates.residual_df]]
    assert not curvature.inverse_slopes.any()
    assert curvature.inverse_slopes.shape == (1, p, p)
    assert np.isnan(curvature.log_sd_slopes[0]).all()
