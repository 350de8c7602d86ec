"""The estimates of simulated data sets are those that the engine finds in the rows."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from service.arrays import Vector
from service.data import Categorical, Numeric, Table
from service.design import make_design
from service.engine import Estimates, fit
from service.formula import read
from service.inference.planning import DataSets, Performance, batches, draw, make_plan, perform
from service.inference.planning.data_sets import AT_ONCE
from service.inference.planning.variance_ratios import estimate

FORMULA = read("y ~ 1 + (1 | g)", ["y", "g"])
SIZES = (1, 2, 2, 4, 9, 9, 9)
BETWEEN, WITHIN = 0.4, 1.0


def fitted(y: Vector, sizes: Sequence[int], *, restricted: bool) -> Estimates:
    codes = np.repeat(np.arange(len(sizes)), sizes)
    groups = Categorical(codes, tuple(f"g{j}" for j in range(len(sizes))))
    return fit(make_design(FORMULA, Table({"y": Numeric(y), "g": groups}, y.size)), restricted=restricted).estimates


def responses(random: np.random.Generator, replicates: int) -> Iterator[tuple[Vector, Vector]]:
    """So many vectors alpha and y."""
    for _ in range(replicates):
        alpha = BETWEEN * random.standard_normal(len(SIZES))
        yield alpha, np.repeat(alpha, SIZES) + WITHIN * random.standard_normal(sum(SIZES))


def statistics_of(ys: Sequence[Vector]) -> DataSets:
    """The sufficient statistics of rows, in the manner of the textbook."""
    splits = np.cumsum(SIZES)[:-1]
    means = np.array([[part.mean() for part in np.split(y, splits)] for y in ys])
    within = np.array([sum(((part - part.mean()) ** 2).sum() for part in np.split(y, splits)) for y in ys])
    of_size = [np.flatnonzero(np.array(SIZES) == size) for size in sorted(set(SIZES))]
    size_means = np.stack([means[:, each].mean(axis=1) for each in of_size], axis=1)
    squares = np.stack([means[:, each].var(axis=1) * each.size for each in of_size], axis=1)
    return DataSets(means=size_means, squares=squares, one=size_means, within=within)


@pytest.mark.parametrize("restricted", [True, False])
def test_they_are_the_engines(restricted: bool) -> None:
    ys = [y for _, y in responses(np.random.default_rng(5), 40)]
    plan = make_plan(Counter(SIZES), BETWEEN, WITHIN)
    found = estimate(plan, statistics_of(ys), restricted=restricted)
    fits = [fitted(y, SIZES, restricted=restricted) for y in ys]
    theta = np.array([each.theta[0] for each in fits])
    assert 0 < np.count_nonzero(theta == 0.0) < theta.size
    np.testing.assert_array_equal(found.phi == 0.0, theta == 0.0)
    # What the steps leave.
    np.testing.assert_allclose(np.sqrt(found.phi), theta, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(found.sigma2), [each.sigma for each in fits], rtol=1e-6)
    np.testing.assert_allclose(found.mean, [each.beta[0] for each in fits], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sqrt(found.mean_variance), [each.std_error[0] for each in fits], rtol=1e-6)


def test_many_fits_perform_as_simulated() -> None:
    """Rows are drawn, fitted by the engine, and the true alpha_j looked for in the document's intervals."""
    replicates, z = 500, 1.959963984540054
    plan = make_plan(Counter(SIZES), BETWEEN, WITHIN)
    covered, squares = [], []
    for alpha, y in responses(np.random.default_rng(11), replicates):
        estimates = fitted(y, SIZES, restricted=True)
        (factor,) = estimates.factors
        missed = estimates.beta[0] + factor.effects[0] - alpha
        covered.append(np.mean(np.abs(missed) <= z * factor.effect_sd[0]))
        squares.append(np.mean(missed**2))
    simulated = perform(plan, 20_000, 1, 0.95, restricted=True)
    # Four Monte Carlo errors of the fits, beside which those of the simulation are small.
    margin = 4 * np.std(covered) / replicates**0.5
    assert plan.over_groups(simulated.covered) == pytest.approx(np.mean(covered), abs=margin)
    margin = 4 * np.std(squares) / replicates**0.5
    assert plan.over_groups(simulated.group_errors**2) == pytest.approx(np.mean(squares), abs=margin)


@pytest.mark.parametrize("restricted", [True, False])
def test_equal_groups_have_the_estimates_of_the_analysis_of_variance(restricted: bool) -> None:
    plan = make_plan({4: 6}, 1.0, 1.0)
    data = draw(plan, 200, np.random.default_rng(2))
    between, within, j = 4 * data.squares[:, 0], data.within, 6 - restricted
    ratio = np.maximum((between / j) / (within / 18) - 1, 0) / 4
    np.testing.assert_allclose(estimate(plan, data, restricted=restricted).phi, ratio, rtol=1e-6, atol=1e-12)


def performance(between: float, within: float, sizes: dict[int, int] | None = None) -> Performance:
    plan = make_plan(sizes or {1: 1, 3: 2, 10: 3}, between, within)
    return perform(plan, 1000, 1, 0.95, restricted=True)


def test_the_unit_of_the_response_does_not_matter() -> None:
    one, other = performance(0.5, 1.0), performance(0.5e250, 1e250)
    np.testing.assert_allclose(other.group_errors / 1e250, one.group_errors, rtol=1e-12)  # rounding of the unit
    np.testing.assert_allclose(other.covered, one.covered, rtol=1e-12)


def test_groups_far_apart_are_known_as_well_as_their_own_rows_tell() -> None:
    """Then alpha_j's error is that of a mean of n rows, and the interval the normal one."""
    found = performance(1e12, 1.0, {50: 100})
    assert found.group_errors[0] == pytest.approx(50**-0.5, rel=1e-6)  # the ratio of variances is 1e24
    assert found.covered[0] == pytest.approx(0.95, abs=4 * found.error + 1e-4)  # sigma has 4,900 degrees of freedom


def test_without_variation_between_groups_many_of_them_leave_one_mean() -> None:
    found = performance(0.0, 1.0, {5: 400})
    assert found.group_errors[0] < 0.1  # a group's own mean would miss by 0.45


def test_more_groups_cover_more() -> None:
    few, more, many = (performance(0.33, 0.76, {5: j}).covered[0] for j in (3, 10, 100))
    assert few < more < many < 0.95


def test_the_same_seed_draws_the_same_in_batches() -> None:
    plan = make_plan({2: 3, 5: 2}, 1.0, 1.0)
    many = AT_ONCE // 2 + 10
    drawn = [[data.means for data in batches(plan, many, seed)] for seed in (1, 1, 2)]
    assert [len(each) for each in drawn[0]] == [many - 10, 10]
    one, same, other = (np.concatenate(each) for each in drawn)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_what_is_drawn_has_the_moments_of_the_rows() -> None:
    plan, replicates = make_plan({2: 1, 3: 2, 5: 4}, 1.0, 2.0), 40_000
    data = draw(plan, replicates, np.random.default_rng(7))
    variances = plan.mean_variances * plan.unit**2  # in units of the larger sd
    expected = np.array([1 + 4 / 2, 1 + 4 / 3, 1 + 4 / 5])
    np.testing.assert_allclose(variances, expected, rtol=1e-12)
    tolerance = 5 * (2 / replicates) ** 0.5  # five Monte Carlo errors of a variance
    np.testing.assert_allclose(data.one.var(axis=0) * 4, expected, rtol=tolerance)
    np.testing.assert_allclose(data.means.var(axis=0) * 4, expected / plan.counts, rtol=tolerance)
    np.testing.assert_allclose(data.squares.mean(axis=0) * 4, expected * (plan.counts - 1), rtol=2 * tolerance)
    # Within its size a group is as far from the mean as any: its square is a share of the squares.
    assert np.all((data.one - data.means) ** 2 <= data.squares * (plan.counts - 1) / plan.counts + 1e-12)
    assert data.within.mean() == pytest.approx(28 - 7, rel=tolerance)
