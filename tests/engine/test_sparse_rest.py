"""Crossed factors of which few groups touch: the sparse way finds what the dense one does."""

from dataclasses import replace

import numpy as np
import pytest

from service.engine.arrangement import arrange
from service.engine.block_rest import BlockRest
from service.engine.criterion import Criterion
from service.engine.dense_rest import DenseRest
from service.engine.sparse_rest import SparseRest
from tests.engine.cases import THETAS, case, theta_of
from tests.engine.designs import conditioned, model

CROSSED = (
    "crossed",
    "three crossed",
    "partly crossed",
    "crossed, slopes by both",
    "crossed, three coefficients",
    "nested and crossed, slopes",
    "crossed, slopes by both, weights",
)


def make_everything_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.arrangement.FEW_COLUMNS", 0)
    monkeypatch.setattr("service.engine.arrangement.MOST_DENSE", 0)
    monkeypatch.setattr("service.engine.arrangement.FULL", 3.0)
    monkeypatch.setattr("service.engine.fronts.FULL", 3.0)


def sparse(criterion: Criterion) -> Criterion:
    """The same criterion, arranged anew."""
    arrangement = arrange(criterion.products)
    rest = None if arrangement is None else arrangement.rest
    while isinstance(rest, BlockRest) and rest.onward is not None:
        rest = rest.onward.rest
    assert isinstance(rest, SparseRest)
    return replace(criterion, arrangement=arrangement)


@pytest.mark.parametrize("kind", THETAS)
@pytest.mark.parametrize("name", CROSSED)
def test_both_ways_find_the_same(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    criterion = case(name, restricted=True).criterion
    make_everything_sparse(monkeypatch)
    theta = theta_of(criterion, kind)
    dense, front = criterion.at(theta), sparse(criterion).at(theta)
    size = max(float(np.abs(theta).max()), 1.0)
    # Two orders of the same sums. What a later factor leaves of the others is a difference of the order of theta^-2.
    tolerance = 1e-12 * size**2
    assert front.value == pytest.approx(dense.value, rel=0, abs=tolerance)
    np.testing.assert_allclose(
        size * front.gradient, size * dense.gradient, rtol=0, atol=100 * max(tolerance, 1e-10 * (kind == "small"))
    )
    np.testing.assert_allclose(front.beta, dense.beta, rtol=0, atol=tolerance)
    # Where little is pooled the sparse way divides what it subtracts from 1 by theta^2.
    little = 1e-15 / 0.01**4 if kind == "small" else 10 * tolerance
    for ours, true in zip(front.factors, dense.factors, strict=True):
        np.testing.assert_allclose(ours.N, true.N, rtol=0, atol=little)
        np.testing.assert_allclose(ours.U, true.U, rtol=0, atol=little)
        # These are of the order of Psi.
        np.testing.assert_allclose(ours.effects_covariance(), true.effects_covariance(), rtol=0, atol=100 * tolerance)


def test_a_chain_of_groups_is_sparse_however_short() -> None:
    row = np.arange(900)
    columns = {"y": np.sin(1.7 * row), "x": np.cos(0.9 * row), "g": row // 3, "h": (row + 1) // 3}
    products = conditioned(model("y ~ x + (1 | g) + (x | h)", columns)).products
    arrangement = arrange(products)
    assert arrangement is not None
    assert isinstance(arrangement.rest, SparseRest)


def test_what_fills_up_is_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    products = case("crossed", restricted=True).criterion.products
    make_everything_sparse(monkeypatch)
    monkeypatch.setattr("service.engine.fronts.FULL", 0.1)
    arrangement = arrange(products)
    assert arrangement is not None
    assert isinstance(arrangement.rest, DenseRest)
