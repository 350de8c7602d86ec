"""Each group's estimate, taken apart: against the rows, Henderson's equations and the chapter's own formulas."""

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit, fit
from service.inference.classical import complete_pooling, group_indicators
from service.inference.decomposition import Decomposition, decompose
from tests.engine.designs import design_of, group_of
from tests.engine.hard_designs import EASY, HARD, codes, letters, noise_of, v, x, y, z
from tests.inference.least_squares import of_design

PLAIN = {
    "no predictor": EASY["no predictor"],
    "a predictor": EASY["a predictor"],
    "group-level": EASY["group-level predictor"],
    "both": design_of(y, codes, x, v),
    "product": EASY["both, and their product"],
    "weights": design_of(y, codes, x, v, weights=np.linspace(0.2, 3.0, y.size)),
    "offset": EASY["offset"],
    "no intercept": EASY["no intercept"],
    "no coefficient": EASY["no coefficient"],
    "group-level, no intercept": EASY["group-level predictor alone"],
    "theta 0": EASY["theta 0"],
    "nearly dependent": HARD["x and x + 1e-4 z"],
    "residualised": HARD["y mostly 1e8 x"],
    "hardly any noise": noise_of(1e-4),
}
LOST = {"nearly dependent": 1e-4, "residualised": 1e-1, "hardly any noise": 1e-6}
"""In sigmas: 1e4 of the coefficients' digits cancel, y has 8 digits left of its 16, or sigma is 1e-4 of y."""


def taken_apart(design: Design) -> tuple[Decomposition, Fit]:
    fitted = fit(design)
    products = fitted.estimates.products
    return decompose(fitted.estimates, complete_pooling(products), group_indicators(products)), fitted


def weights_of(design: Design) -> Vector:
    return np.ones(design.n) if design.weights is None else design.weights


def means_of(design: Design, values: Vector) -> Vector:
    """The weighted means by group (J,)."""
    own, w = design.random[0].grouping.codes, weights_of(design)
    means: Vector = np.bincount(own, values * w) / np.bincount(own, w)
    return means


def split(design: Design, fitted: Fit, beta: Vector) -> tuple[Vector, Vector]:
    """What coefficients make of the group-level columns and of the others, for each group (J,)."""
    columns = [means_of(design, design.X.column(k)) * b for k, b in zip(fitted.estimates.kept, beta, strict=True)]
    groups = len(design.random[0].grouping.levels)
    level = fitted.estimates.group_level == 1
    of_groups = sum((c for c, own in zip(columns, level, strict=True) if own), np.zeros(groups))
    of_rows = sum((c for c, own in zip(columns, level, strict=True) if not own), np.zeros(groups))
    return of_groups, of_rows


@pytest.mark.parametrize("name", PLAIN)
def test_an_estimate_is_a_weighted_mean_of_its_own_and_the_models(name: str) -> None:
    design = PLAIN[name]
    found, fitted = taken_apart(design)
    estimates = fitted.estimates
    unit = LOST.get(name, 1e-10) * estimates.sigma
    response = design.y if design.offset is None else design.y - design.offset
    mu, explained = split(design, fitted, estimates.beta)
    assert found.mean == pytest.approx(means_of(design, response), abs=unit)
    assert found.mu == pytest.approx(mu, abs=unit)
    assert found.own == pytest.approx(means_of(design, response) - explained, abs=unit)
    theta = float(estimates.theta[0])
    n = np.bincount(design.random[0].grouping.codes, weights_of(design))
    weight = n * theta**2 / (n * theta**2 + 1)
    assert found.weight == pytest.approx(weight, rel=1e-12)
    assert found.estimate == pytest.approx(weight * found.own + (1 - weight) * found.mu, abs=unit)
    assert found.estimate == pytest.approx(found.mu + estimates.factors[0].effects[0], abs=unit)


def henderson(design: Design, fitted: Fit) -> tuple[Matrix, Matrix]:
    """The inverse of Henderson's matrix, over sigma^2 the joint errors of beta and the effects; X and Z beside it."""
    X = design.X.to_array()[:, fitted.estimates.kept]
    Z = np.eye(len(design.random[0].grouping.levels))[design.random[0].grouping.codes]
    both = np.column_stack([X, Z])
    penalty = np.append(np.zeros(X.shape[1]), np.full(Z.shape[1], float(fitted.estimates.theta[0]) ** -2))
    C = np.linalg.inv(both.T @ (both * weights_of(design)[:, None]) + np.diag(penalty))
    return C.astype(np.float64), X


@pytest.mark.parametrize("name", [name for name in PLAIN if name not in LOST and name != "theta 0"])
def test_its_error_is_that_of_hendersons_equations(name: str) -> None:
    design = PLAIN[name]
    found, fitted = taken_apart(design)
    C, X = henderson(design, fitted)
    level = fitted.estimates.group_level == 1
    for j in range(len(found.error)):
        own = np.array([means_of(design, column)[j] for column in X.T])
        direction = np.concatenate([np.where(level, own, 0.0), np.eye(len(found.error))[j]])
        assert found.error[j] == pytest.approx(fitted.estimates.sigma * np.sqrt(direction @ C @ direction), rel=1e-9)


def test_at_zero_the_error_is_that_of_the_mean() -> None:
    found, fitted = taken_apart(PLAIN["theta 0"])
    assert found.error == pytest.approx(np.full(6, fitted.estimates.std_error[0]), rel=1e-13)
    assert found.estimate == pytest.approx(found.complete, rel=1e-14)


@pytest.mark.parametrize("name", [name for name in PLAIN if name not in LOST])
def test_the_classical_regressions_say_something_of_each_group(name: str) -> None:
    design = PLAIN[name]
    found, fitted = taken_apart(design)
    kept = fitted.estimates.kept.tolist()
    complete = of_design([design.X.column(k) for k in kept], design)
    # To 1e-10 of the spread of all that is in play.
    unit = 1e-10 * float(np.abs(design.y).max())
    assert found.complete == pytest.approx(split(design, fitted, complete.beta)[0], abs=unit)
    grouping = design.random[0].grouping
    own = [(grouping.codes == j).astype(np.float64) for j in range(len(grouping.levels))]
    inside = [kept[k] for k in np.flatnonzero(fitted.estimates.group_level == 0)]
    indicators = of_design([*own, *(design.X.column(k) for k in inside)], design)
    assert found.indicator == pytest.approx(indicators.beta[: len(own)], abs=unit)
    assert found.indicator_error == pytest.approx(indicators.unit_error[: len(own)] * indicators.sigma, rel=1e-9)


def test_where_the_indicators_leave_no_slope_there_is_no_intercept() -> None:
    found, _ = taken_apart(design_of(y, codes, *letters, intercept=False))
    assert np.isnan(found.indicator).all()
    assert np.isnan(found.indicator_error).all()
    assert np.isfinite(found.estimate).all()


@pytest.mark.parametrize("name", ["no predictor", "a predictor", "weights", "both"])
def test_the_chapters_formula_has_the_mean_of_all(name: str) -> None:
    design = PLAIN[name]
    found, fitted = taken_apart(design)
    sigma, sd = fitted.estimates.sigma, float(fitted.estimates.factors[0].sd[0])
    n = np.bincount(codes, weights_of(design))
    assert found.grand_mean == pytest.approx(np.average(found.own, weights=n), rel=1e-12)
    for mean, formula in ((found.grand_mean, found.by_grand_mean), (found.gls_mean, found.by_gls_mean)):
        expected = (n / sigma**2 * found.own + mean / sd**2) / (n / sigma**2 + 1 / sd**2)
        assert formula == pytest.approx(expected, rel=1e-11)
    precision = 1 / (sd**2 + sigma**2 / n)
    assert found.gls_mean == pytest.approx(np.average(found.own, weights=precision), rel=1e-12)


def test_without_group_level_predictors_the_gls_mean_makes_it_exact() -> None:
    found, fitted = taken_apart(PLAIN["a predictor"])
    assert found.gls_mean == pytest.approx(fitted.estimates.beta[0], rel=1e-13)
    assert found.by_gls_mean == pytest.approx(found.estimate, rel=1e-12)
    assert np.abs(found.by_grand_mean - found.estimate).max() > 0.01


def test_in_groups_of_one_size_both_means_do() -> None:
    groups = group_of((4,) * 6)
    rows = np.arange(24)
    found, _ = taken_apart(design_of(np.sin(rows) + groups, groups, np.cos(3 * rows)))
    assert found.by_grand_mean == pytest.approx(found.estimate, rel=1e-12)


def test_without_noise_every_group_is_known() -> None:
    known = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0])
    found, fitted = taken_apart(design_of(2 * x + known[codes], codes, x))
    assert fitted.estimates.evaluation is None
    assert found.estimate == pytest.approx(known, rel=1e-12)
    assert found.own == pytest.approx(known, rel=1e-12)
    assert found.mu == pytest.approx(np.full(7, known.mean()), rel=1e-12)
    assert (found.error.tolist(), found.weight.tolist()) == ([0.0] * 7, [1.0] * 7)
    assert found.gls_mean == pytest.approx(known.mean(), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e160])
def test_units_of_the_response_do_not_matter(scale: float) -> None:
    plain, _ = taken_apart(design_of(y, codes, x, v))
    scaled, _ = taken_apart(design_of(scale * y, codes, x, v))
    for name in ("own", "mu", "estimate", "error", "indicator", "indicator_error", "complete", "by_grand_mean"):
        assert getattr(scaled, name) / scale == pytest.approx(getattr(plain, name), rel=1e-9), name


def test_units_and_the_origin_of_a_predictor_move_the_intercept_alone() -> None:
    plain, _ = taken_apart(design_of(y, codes, x, z))
    moved, fitted = taken_apart(design_of(y, codes, 1e6 + 1e6 * x, z))
    slope = float(fitted.estimates.beta[1])
    # 1e6 * slope is about 2: nothing is lost but in the sum.
    assert moved.estimate + 1e6 * slope == pytest.approx(plain.estimate, abs=1e-9)
    assert moved.weight == pytest.approx(plain.weight, rel=1e-9)
