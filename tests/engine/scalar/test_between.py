"""Sums over groups, however they are kept, against the sums themselves."""

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.engine.scalar.between import Between, between_groups

PHIS = np.array([0.0, 1e-6, 1e-3, 1.0, 1e3, 1e9, 1e24])
random = np.random.default_rng(1)
GROUPS = {
    "whole sizes": random.integers(1, 40, 300).astype(np.float64),
    "one size": np.full(300, 7.0),
    "sizes of 1 and a million": np.where(random.integers(0, 2, 300) == 1, 1.0, 1e6),
    "weights over 6 decades": 10.0 ** random.uniform(-3, 3, 300),
}
MEANS = random.normal(size=(300, 3))


def powers(weights: Vector) -> list[Matrix]:
    """The functions that the criterion sums, (G, D) each."""
    lam = weights / (1.0 + PHIS[:, None] * weights)
    return [lam, lam**2, lam**3]


def assert_same_sums(between: Between, weights: Vector, means: Matrix) -> None:
    logs = np.log1p(PHIS[:, None] * between.weights) @ between.multiplicity
    # Interpolation and the order of a sum of some hundred terms of one sign.
    np.testing.assert_allclose(logs, np.log1p(PHIS[:, None] * weights).sum(axis=1), rtol=1e-13)
    for ours, true in zip(powers(between.weights), powers(weights), strict=True):
        np.testing.assert_allclose(ours @ between.multiplicity, true.sum(axis=1), rtol=1e-13)
        expected = np.einsum("gj,ji,jk->gik", true, means, means)
        size = np.abs(expected).max(axis=(1, 2))[:, None, None]
        np.testing.assert_allclose(between.weighted(ours) / size, expected / size, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize(
    "limits",
    [{}, {"AT_ONCE": 0}, {"DISTINCT": 1}, {"OUTER_PRODUCTS": 1}],
    ids=["added up", "added up in turn", "at nodes", "one by one"],
)
def test_the_sums_are_the_sums(name: str, limits: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value in limits.items():
        monkeypatch.setattr(f"service.engine.scalar.between.{limit}", value)
    assert_same_sums(between_groups(GROUPS[name], MEANS), GROUPS[name], MEANS)


def test_many_groups_are_kept_in_few_terms() -> None:
    weights = 10.0 ** random.uniform(-2, 2, 5000)
    between = between_groups(weights, random.normal(size=(5000, 2)))
    assert between.weights.size < 300


def test_equal_groups_are_one_term() -> None:
    between = between_groups(np.array([3.0, 2.0, 3.0]), MEANS[:3])
    assert (between.weights.tolist(), between.multiplicity.tolist()) == ([2.0, 3.0], [1.0, 2.0])
