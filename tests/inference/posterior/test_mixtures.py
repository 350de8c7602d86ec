"""Quantiles of mixtures, against SciPy's root finder on the cumulative probability."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from service.inference.posterior.mixtures import Mixtures, Nodes


def mixtures(seed: int, *, decades: float, quantities: int = 20) -> Mixtures:
    """Mixtures of twelve normals, whose sds extend over so many powers of ten."""
    random = np.random.default_rng(seed)
    weight = random.dirichlet(np.ones(12)).reshape(4, 3)
    sigma = np.exp(random.normal(0.0, 0.3, (4, 3)))
    scales = 10.0 ** (decades * random.uniform(0.0, 1.0, (quantities, 4)))
    return Mixtures(Nodes(sigma, weight), random.normal(0.0, 2.0, (quantities, 4)), scales)


def probability(of: Mixtures, quantity: int, value: float) -> float:
    sds = of.scales[quantity][:, None] * of.nodes.sigma
    return float((of.nodes.weight * stats.norm.cdf(value, of.means[quantity][:, None], sds)).sum())


@pytest.mark.parametrize("decades", [0.0, 1.0, 6.0, 24.0])
@pytest.mark.parametrize("tail", [0.025, 0.3, 0.5])
def test_quantiles_leave_their_tail(decades: float, tail: float) -> None:
    of = mixtures(1, decades=decades)
    for k, (low, high) in enumerate(zip(of.quantiles(tail), of.quantiles(tail, upper=True), strict=True)):
        # Deviates are right to 1e-8.
        assert probability(of, k, low) == pytest.approx(tail, abs=4e-9)
        assert probability(of, k, high) == pytest.approx(1.0 - tail, abs=4e-9)


def test_they_are_roots() -> None:
    of = mixtures(2, decades=2.0)
    expected = [brentq(lambda x, k=k: probability(of, k, x) - 0.1, -1e4, 1e4, xtol=1e-12) for k in range(20)]
    np.testing.assert_allclose(of.quantiles(0.1), expected, rtol=1e-7, atol=1e-7)


def test_far_tails_keep_their_digits() -> None:
    of = Mixtures(Nodes(np.ones((1, 1)), np.ones((1, 1))), np.array([[5.0]]), np.array([[2.0]]))
    assert of.quantiles(1e-30, upper=True)[0] == pytest.approx(5.0 + 2.0 * stats.norm.isf(1e-30), rel=1e-12)


def test_unlikely_nodes_count_for_moments_alone() -> None:
    nodes = Nodes(np.array([[1.0], [1e8]]), np.array([[1.0 - 1e-14], [1e-14]]))
    of = Mixtures(nodes, np.zeros((1, 2)), np.ones((1, 2)))
    assert of.quantiles(0.025)[0] == pytest.approx(stats.norm.ppf(0.025), rel=1e-9)
    assert of.sd()[0] == pytest.approx(np.sqrt(1.0 + 1e-14 * 1e16), rel=1e-12)


def test_moments() -> None:
    of = mixtures(3, decades=1.0)
    random = np.random.default_rng(4)
    place = random.choice(12, 400_000, p=of.nodes.weight.ravel())
    sds = (of.scales[0][:, None] * of.nodes.sigma).ravel()[place]
    draws = np.repeat(of.means[0], 3)[place] + sds * random.standard_normal(place.size)
    # Five Monte-Carlo errors.
    assert of.mean()[0] == pytest.approx(draws.mean(), abs=5.0 * draws.std() / np.sqrt(draws.size))
    fourth = ((draws - draws.mean()) ** 2).std() / np.sqrt(draws.size)
    assert of.sd()[0] ** 2 == pytest.approx(draws.var(), abs=5.0 * fourth)


def test_many_quantities_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    of = mixtures(5, decades=1.0, quantities=50)
    whole = of.quantiles(0.05)
    monkeypatch.setattr("service.inference.posterior.mixtures.AT_ONCE", 100)
    # In a part the others do not wait for the slowest.
    np.testing.assert_allclose(of.quantiles(0.05), whole, rtol=1e-7)
