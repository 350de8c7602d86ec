"""The posterior, against its definition by brute force, closed forms, and long Gibbs runs."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from benchmarks.gibbs import CASES
from service.arrays import Vector
from service.data import dataset
from service.design import Design, make_design
from service.engine import Fit, fit
from service.formula import read
from service.inference.posterior import Prior, Summary, posterior
from tests.engine.designs import design_of, group_of, random_rows
from tests.inference.posterior.brute_force import Line, LogPrior, line, witness_of

SHARES = (0.025, 0.5, 0.975)
GIBBS = json.loads((Path(__file__).parents[2] / "reference" / "posterior" / "gibbs.json").read_text())


def flat(sd: Vector) -> Vector:
    return np.zeros_like(sd)


def half_t(sd: Vector) -> Vector:
    return np.asarray(stats.t.logpdf(sd, 3.0, scale=0.5))


def half_normal(sd: Vector) -> Vector:
    return np.asarray(stats.norm.logpdf(sd, scale=0.5))


def design(*, group: float, level: bool = False, weighted: bool = False) -> Design:
    x, v, y, codes = random_rows(3, (3, 2, 2, 3, 2), group=group)
    of = design_of(y, codes, x, *[v] * level)
    return replace(of, weights=np.exp(x), offset=v) if weighted else of


BRUTE: dict[str, tuple[Design, Prior, LogPrior, float]] = {
    "uniform": (design(group=1.0), Prior(), flat, 7.0),
    "half-t": (design(group=1.0), Prior(math.log(0.5), 3.0), half_t, 5.0),
    "half-normal": (design(group=1.0), Prior(math.log(0.5)), half_normal, 2.0),
    "near zero": (design(group=0.05), Prior(), flat, 6.0),
    "a group-level predictor": (design(group=1.0, level=True), Prior(math.log(0.5), 3.0), half_t, 5.0),
    "weights and an offset": (design(group=1.0, weighted=True), Prior(math.log(0.5), 3.0), half_t, 5.0),
}
"""Designs with priors, and the logarithm of sigma_alpha beyond which no probability of 1e-7 is left."""

LOG_SIGMA, LEAST = (-2.4, 4.0), -7.0
"""The same of sigma, on either side; and the logarithm of sigma_alpha below which its density is flat to 1e-6."""

TOLERANCE = 1e-6
"""What is left out, and twice what may change when a lattice has half of its nodes."""


@pytest.mark.parametrize("name", BRUTE)
def test_quantities_have_the_probabilities_of_their_intervals(name: str) -> None:
    of, prior, log_prior, most = BRUTE[name]
    found, witness = posterior(fit(of), prior, 0.95), witness_of(of, log_prior)
    pairs = witness.pairs(line(LEAST, most, from_zero=True), line(*LOG_SIGMA))
    p, groups = witness.X.shape[1], witness.Z.shape[1]
    unit = np.eye(p + groups)

    def check(
        summary: Summary, place: int, combination: Vector, *, new_group: bool = False, noise: bool = False
    ) -> None:
        for value, share in zip((summary.low, summary.median, summary.high), SHARES, strict=True):
            probability = pairs.cumulative(combination, float(value[place]), new_group=new_group, noise=noise)
            assert probability == pytest.approx(share, abs=TOLERANCE)

    assert found.intercepts is not None
    assert found.deviations is not None
    for k in range(p):
        check(found.coefficients, k, unit[k])
    for j in range(groups):
        check(found.deviations, j, unit[p + j])
        check(found.intercepts, j, unit[0] + unit[p + j])
        # Its own scale is one; a mean has the heavy tails that are left out.
        assert found.intercepts.mean[j] == pytest.approx(pairs.mean(unit[0] + unit[p + j]), abs=1e-5)
    # As are those of variances, of which that within groups has none.
    assert found.coefficients.sd[1] == pytest.approx(pairs.sd(unit[1]), rel=1e-5)
    check(found.new_group, 0, unit[0], new_group=True)
    np.testing.assert_allclose(found.row, witness.X.mean(axis=0), rtol=1e-12, atol=1e-15)
    check(found.new_observation, 0, np.concatenate([found.row, np.zeros(groups)]), new_group=True, noise=True)


@pytest.mark.parametrize("name", BRUTE)
def test_standard_deviations_have_the_probabilities_of_their_intervals(name: str) -> None:
    of, prior, log_prior, most = BRUTE[name]
    found, witness = posterior(fit(of), prior, 0.95), witness_of(of, log_prior)
    sds, sigmas = line(LEAST, most, from_zero=True), line(*LOG_SIGMA)
    ratios = line(LEAST, most + 0.5, from_zero=True)
    by_sd = witness.log_density(sds.nodes[:, None], sigmas.nodes)
    by_ratio = witness.log_density(ratios.nodes[:, None] + sigmas.nodes, sigmas.nodes)
    by_sd, by_ratio = np.exp(by_sd - by_sd.max()), np.exp(by_ratio - by_ratio.max())

    def check(line: Line, density: Vector, values: list[float]) -> None:
        for value, share in zip(values, SHARES, strict=True):
            below = line.below(density, value) / float(line.weights @ density)
            assert below == pytest.approx(share, abs=TOLERANCE)

    log_sds, log_sigmas, iccs = (
        [transform(float(end[0])) for end in (each.low, each.median, each.high)]
        for each, transform in ((found.group_sd, math.log), (found.residual_sd, math.log), (found.icc, float))
    )
    check(sds, by_sd @ sigmas.weights, log_sds)
    check(sigmas, sds.weights @ by_sd, log_sigmas)
    check(ratios, by_ratio @ sigmas.weights, [0.5 * math.log(icc / (1.0 - icc)) for icc in iccs])


@pytest.mark.parametrize("name", CASES)
def test_gibbs_samplers_find_the_same(name: str) -> None:
    make, prior = CASES[name]
    data = make()
    of = fit(design_of(data.y, data.codes, data.X[:, 1]))
    found = posterior(of, Prior(math.log(prior.scale) if prior.scale < math.inf else math.inf, prior.df), 0.95)
    assert found.intercepts is not None
    told = {
        "beta 0": (found.coefficients, 0), "beta 1": (found.coefficients, 1), "sigma_alpha": (found.group_sd, 0),
        "sigma_y": (found.residual_sd, 0), "icc": (found.icc, 0), "alpha 0": (found.intercepts, 0),
        "alpha 1": (found.intercepts, 1), "new group": (found.new_group, 0),
        "new observation": (found.new_observation, 0),
    }  # fmt: skip
    assert told.keys() == GIBBS[name].keys()
    for quantity, (summary, place) in told.items():
        table = GIBBS[name][quantity]
        ours = np.array([summary.low[place], summary.median[place], summary.high[place]])
        # Four Monte-Carlo errors: of 108 quantiles one may be beyond three.
        assert (np.abs(ours - table["quantiles"]) < 4.0 * np.array(table["errors"])).all(), quantity


def radon() -> Fit:
    return fit(make_design(read("log_radon ~ floor + (1 | county)"), dataset("radon")))


def test_radon() -> None:
    found = posterior(radon(), Prior(), 0.95)
    # Digits that the Gibbs run above confirms to its errors, and the brute force of other data to the last.
    for summary, place, digits in (
        (found.coefficients, 0, (1.35930, 1.46128, 1.56638)), (found.coefficients, 1, (-0.83168, -0.69309, -0.55445)),
        (found.group_sd, 0, (0.24997, 0.33270, 0.43308)), (found.residual_sd, 0, (0.72132, 0.75602, 0.79355)),
        (found.icc, 0, (0.09666, 0.16229, 0.25013)),
    ):  # fmt: skip
        ours = [summary.low[place], summary.median[place], summary.high[place]]
        assert ours == pytest.approx(digits, abs=6e-6)
    assert found.error < 1e-7


def test_an_observation_is_made_where_it_is_asked_for() -> None:
    at_mean = posterior(radon(), Prior(), 0.95, groups=False)
    basement, ground = (posterior(radon(), Prior(), 0.95, at={1: floor}, groups=False) for floor in (0.0, 1.0))
    assert (basement.row.tolist(), ground.row.tolist()) == ([1.0, 0.0], [1.0, 1.0])
    slope = ground.new_observation.mean - basement.new_observation.mean
    assert slope[0] == pytest.approx(at_mean.coefficients.mean[1], rel=1e-12)
    # Where every predictor is 0 it is a new group's intercept with noise.
    assert basement.new_observation.mean[0] == pytest.approx(basement.new_group.mean[0], rel=1e-12)
    squares = basement.new_observation.sd**2 - basement.new_group.sd**2
    noise = basement.residual_sd.sd**2 + basement.residual_sd.mean**2
    assert squares[0] == pytest.approx(noise[0], rel=1e-7)


def test_an_observation_may_be_far_out() -> None:
    of = radon()
    far = posterior(of, Prior(), 0.95, at={1: 1e300}, groups=False).new_observation
    slope = posterior(of, Prior(), 0.95, groups=False).coefficients
    for name in ("mean", "median", "low", "high"):
        # Whatever is added to the slope's share vanishes beside it.
        assert getattr(far, name)[0] / 1e300 == pytest.approx(getattr(slope, name)[1], rel=1e-7)


def test_groups_are_told_on_request() -> None:
    found = posterior(radon(), Prior(), 0.95, groups=False)
    assert (found.intercepts, found.deviations) == (None, None)


def test_the_grid_averages_anything() -> None:
    found = posterior(radon(), Prior(), 0.95)
    grid = found.grid
    assert grid.weight.sum() == pytest.approx(1.0, rel=1e-12)
    icc = grid.theta**2 / (1.0 + grid.theta**2)
    assert icc @ grid.weight.sum(axis=1) == pytest.approx(found.icc.mean[0], rel=1e-7)
    assert (grid.sigma * grid.weight).sum() == pytest.approx(found.residual_sd.mean[0], rel=1e-7)
    assert (grid.theta[:, None] * grid.sigma * grid.weight).sum() == pytest.approx(found.group_sd.mean[0], rel=1e-7)


def test_balanced_one_way_layouts() -> None:
    # p(theta | y) is proportional to u^((J - 1) / 2) (SSW + u SSB)^(-(n - 2) / 2), u = 1 / (1 + n_j theta^2), and given
    # theta the mean is t with n - 2 degrees of freedom around the grand mean (Gelman et al. 2013, section 5.4, with
    # sigma integrated out too).
    groups, size = 5, 4
    codes = group_of((size,) * groups)
    _, _, y, _ = random_rows(12, (size,) * groups)
    found = posterior(fit(design_of(y, codes)), Prior(), 0.9)
    means = y.reshape(groups, size).mean(axis=1)
    within = float(((y.reshape(groups, size) - means[:, None]) ** 2).sum())
    between = size * float(((means - y.mean()) ** 2).sum())
    nu = y.size - 2

    def density(log_theta: float) -> float:
        u = 1.0 / (1.0 + size * math.exp(2.0 * log_theta))
        return float(u ** ((groups - 1) / 2) * (within + u * between) ** (-nu / 2) * math.exp(log_theta))

    def below(log_theta: float, value: float) -> float:
        pooled = 1.0 + size * math.exp(2.0 * log_theta)
        error = math.sqrt((within + between / pooled) / nu * pooled / y.size)
        return float(stats.t.cdf((value - y.mean()) / error, nu)) * density(log_theta)

    # Half a mean digit more than is compared; beyond 14 the density has fallen by exp(-3 * 14).
    whole = quad(density, -25.0, 14.0, epsabs=0.0, epsrel=1e-10, limit=500)[0]
    for end, share in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
        icc, mean = (float(getattr(each, end)[0]) for each in (found.icc, found.coefficients))
        log_theta = 0.5 * math.log(icc / (1.0 - icc))
        part = quad(density, -25.0, log_theta, epsabs=0.0, epsrel=1e-10, limit=500)[0]
        assert part / whole == pytest.approx(share, abs=1e-7)
        part = quad(below, -25.0, 14.0, (mean,), epsabs=0.0, epsrel=1e-10, limit=500)[0]
        assert part / whole == pytest.approx(share, abs=1e-7)


def test_no_method_and_no_run_changes_it() -> None:
    of = design(group=1.0)
    a, b, c = (posterior(fit(of, restricted=r), Prior(), 0.95) for r in (True, False, True))
    for each in (b, c):
        assert a.grid.weight.tolist() == each.grid.weight.tolist()
        assert a.coefficients.low.tolist() == each.coefficients.low.tolist()
        assert (a.group_sd.high.tolist(), a.error) == (each.group_sd.high.tolist(), each.error)


def test_an_aliased_column_changes_nothing() -> None:
    x, _, y, codes = random_rows(3, (3, 4, 2, 5))
    a = posterior(fit(design_of(y, codes, x)), Prior(), 0.95)
    b = posterior(fit(design_of(y, codes, x, 2.0 * x - 1.0)), Prior(), 0.95)
    # The basis of the second is rotated.
    np.testing.assert_allclose(b.coefficients.high, a.coefficients.high, rtol=1e-7)
    np.testing.assert_allclose(b.group_sd.high, a.group_sd.high, rtol=1e-7)


@pytest.mark.parametrize("level", [1e-6, 0.5, 0.999999, 1.0 - 1e-16])
def test_any_level_has_intervals(level: float) -> None:
    found = posterior(fit(design(group=1.0)), Prior(), level)
    for summary in (found.coefficients, found.group_sd, found.residual_sd, found.icc, found.new_observation):
        slack = 1e-7 * np.abs(summary.median)
        assert (summary.low <= summary.median + slack).all()
        assert (summary.median <= summary.high + slack).all()
        assert np.isfinite([summary.low, summary.high]).all()


EXTREME = {
    "little noise": (1e7, (2, 2, 2)),
    "singletons but for one": (1.0, (2, *[1] * 30)),
    "large groups": (1.0, (3000, 3000, 3000)),
    "no difference": (1e-6, (5,) * 40),
}


@pytest.mark.parametrize("name", EXTREME)
def test_extremes(name: str) -> None:
    group, sizes = EXTREME[name]
    _, _, y, codes = random_rows(6, sizes, group=group)
    found = posterior(fit(design_of(y, codes)), Prior(), 0.95)
    assert found.error < 1e-6
    for summary in (found.coefficients, found.group_sd, found.residual_sd, found.icc, found.new_group):
        assert (summary.low < summary.median).all()
        assert (summary.median < summary.high).all()


def test_y_of_any_size_is_the_same_in_its_own_units() -> None:
    of = design(group=1.0)
    a = posterior(fit(of), Prior(math.log(0.5), 3.0), 0.95)
    for power in (-660, 530):
        prior = Prior(math.log(0.5) + power * math.log(2.0), 3.0)
        b = posterior(fit(replace(of, y=np.ldexp(of.y, power))), prior, 0.95)
        for name in ("coefficients", "group_sd", "intercepts", "new_observation"):
            one, other = getattr(a, name), getattr(b, name)
            # The logarithm of the scale is rounded.
            np.testing.assert_allclose(np.ldexp(other.high, -power), one.high, rtol=1e-9)
        np.testing.assert_allclose(b.icc.low, a.icc.low, rtol=1e-9)
