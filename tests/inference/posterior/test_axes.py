"""Axes of even nodes, against densities whose integrals are known."""

import numpy as np
import pytest
from scipy import stats

from service.arrays import Vector
from service.inference.posterior.axes import CUT, Axis, line_quantile, support, thinning_error

SHARES = [0.001, 0.025, 0.3, 0.5, 0.9, 0.975]


def masses(density: Vector, axis: Axis | None = None) -> Vector:
    mass = density if axis is None else density * np.exp(axis.log_slopes) * axis.weights()
    return np.asarray(mass / mass.sum())


@pytest.mark.parametrize("probability", SHARES)
def test_quantiles_on_a_line(probability: float) -> None:
    nodes = np.linspace(-8.0, 8.0, 33)
    found = line_quantile(nodes, masses(stats.norm.pdf(nodes)), probability)
    # A step of half an sd leaves exp(-pi^2 / 2 / 0.5^2) = 3e-9 of the density unknown, which is that of the share.
    assert stats.norm.cdf(found) == pytest.approx(probability, abs=1e-8)


@pytest.mark.parametrize("unit", [0.01, 1.0])
@pytest.mark.parametrize("probability", SHARES)
def test_quantiles_of_a_quantity_that_may_be_zero(unit: float, probability: float) -> None:
    axis = Axis(unit, np.linspace(0.0, np.arcsinh(8.0 / unit), 65))
    found = axis.quantile(masses(stats.norm.pdf(axis.values), axis), probability)
    # As on a line: by the logarithm a normal density needs a tenth as wide steps.
    assert stats.halfnorm.cdf(found) == pytest.approx(probability, abs=1e-7)


@pytest.mark.parametrize("probability", SHARES)
def test_quantiles_far_from_zero(probability: float) -> None:
    axis = Axis(1.0, np.linspace(np.arcsinh(920.0), np.arcsinh(1080.0), 33))
    found = axis.quantile(masses(stats.norm.pdf(axis.values, 1000.0, 10.0), axis), probability)
    assert not axis.is_half
    assert stats.norm.cdf(found, 1000.0, 10.0) == pytest.approx(probability, abs=1e-8)


def test_a_share_beyond_the_nodes_is_at_their_end() -> None:
    nodes = np.linspace(-8.0, 8.0, 33)
    mass = masses(stats.norm.pdf(nodes))
    assert (line_quantile(nodes, mass, -1.0), line_quantile(nodes, mass, 2.0)) == (-8.0, 8.0)


@pytest.mark.parametrize(("centre", "sd"), [(0.0, 3.0), (41.7, 1e-6), (-3.0, 200.0)])
def test_support_is_found_however_narrow(centre: float, sd: float) -> None:
    low, high = support(lambda x: -0.5 * ((x - centre) / sd) ** 2, -100.0, 100.0)
    reach = sd * np.sqrt(2.0 * CUT)
    for found, end, limit in ((low, centre - reach, -100.0), (high, centre + reach, 100.0)):
        # No further than the nodes of a scan around the end, of which sixteen lie within.
        assert abs(found - max(min(end, 100.0), -100.0)) <= 2.0 * reach / 8.0 or found == limit
    assert low <= max(centre - reach, -100.0)
    assert high >= min(centre + reach, 100.0)


def test_leaving_out_nodes_tells_how_coarse_they_are() -> None:
    errors = []
    for count in (9, 17, 33):
        nodes = np.linspace(-8.0, 8.0, count)
        mass = np.outer(masses(stats.norm.pdf(nodes)), [0.25, 0.75])
        errors.append(thinning_error(mass, 0))
        assert thinning_error(mass, 1) == pytest.approx(0.5)
    # The step that remains is 4, 2 and 1 sds: errors of the rule 2 exp(-2 pi^2 / step^2) each.
    assert errors[1] == pytest.approx(2.0 * np.exp(-2.0 * np.pi**2 / 4.0), rel=0.05)
    assert errors[2] == pytest.approx(2.0 * np.exp(-2.0 * np.pi**2), rel=0.05)
    assert errors[0] > 0.1
