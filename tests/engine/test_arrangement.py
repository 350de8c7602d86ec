"""The ways to eliminate the later factors against each other: block by block and as one matrix."""

from dataclasses import replace

import numpy as np
import pytest

from service.engine import fit
from service.engine.arrangement import Arrangement, arrange
from service.engine.block_rest import BlockRest
from service.engine.criterion import Criterion
from service.engine.dense_rest import DenseRest
from tests.engine.cases import THETAS, case, theta_of
from tests.engine.structures import NESTED, STRUCTURES

BLOCKS: dict[str, list[type]] = {
    **{name: [BlockRest] for name in NESTED},
    "nested in three levels": [BlockRest, BlockRest],
    "nested in three levels, slopes at all": [BlockRest, BlockRest],
    "nested, slopes at both levels, weights": [BlockRest],
    "nested and crossed": [BlockRest, DenseRest],
    "nested and crossed, slopes": [BlockRest, DenseRest],
    "nested in two that are crossed": [BlockRest, DenseRest],
    "crossed": [DenseRest],
    "crossed, slopes by both": [DenseRest],
    "three crossed": [DenseRest],
    "partly crossed": [DenseRest],
}
"""How the later factors are eliminated where no matrix is small enough to be quickest whatever its pattern."""


def kinds(arrangement: Arrangement | None) -> list[type]:
    """The kinds of the rests, one after the other."""
    found: list[type] = []
    rest = None if arrangement is None else arrangement.rest
    while rest is not None:
        found.append(type(rest))
        rest = rest.onward.rest if isinstance(rest, BlockRest) and rest.onward is not None else None
    return found


@pytest.fixture
def no_matrix_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.arrangement.FEW_COLUMNS", 0)


def apart(criterion: Criterion) -> Criterion:
    """The same criterion, arranged anew."""
    return replace(criterion, arrangement=arrange(criterion.products))


@pytest.mark.parametrize("name", STRUCTURES)
def test_few_columns_are_one_matrix(name: str) -> None:
    this = case(name, restricted=True)
    assert kinds(this.criterion.arrangement) == [DenseRest] * (len(this.factors) > 1)


@pytest.mark.usefixtures("no_matrix_is_small")
@pytest.mark.parametrize("name", BLOCKS)
def test_groups_that_do_not_touch_are_eliminated_one_by_one(name: str) -> None:
    assert kinds(apart(case(name, restricted=True).criterion).arrangement) == BLOCKS[name]


@pytest.mark.usefixtures("no_matrix_is_small")
@pytest.mark.parametrize("kind", THETAS)
@pytest.mark.parametrize("name", [name for name, rests in BLOCKS.items() if BlockRest in rests])
def test_both_ways_find_the_same(name: str, kind: str) -> None:
    criterion = case(name, restricted=True).criterion
    theta = theta_of(criterion, kind)
    dense, block = criterion.at(theta), apart(criterion).at(theta)
    size = max(float(np.abs(theta).max()), 1.0)
    # Two orders of the same sums. What a later factor leaves of the others is a difference of the order of theta^-2.
    tolerance = 1e-12 * size**2
    assert block.value == pytest.approx(dense.value, rel=0, abs=tolerance)
    np.testing.assert_allclose(size * block.gradient, size * dense.gradient, rtol=0, atol=100 * tolerance)
    np.testing.assert_allclose(size**2 * block.hessian, size**2 * dense.hessian, rtol=0, atol=1000 * tolerance)
    np.testing.assert_allclose(block.beta, dense.beta, rtol=0, atol=tolerance)
    for ours, true in zip(block.factors, dense.factors, strict=True):
        np.testing.assert_allclose(ours.N, true.N, rtol=0, atol=10 * tolerance)
        np.testing.assert_allclose(ours.U, true.U, rtol=0, atol=10 * tolerance)
        # These are of the order of Psi.
        np.testing.assert_allclose(ours.effects_covariance(), true.effects_covariance(), rtol=0, atol=100 * tolerance)


@pytest.mark.usefixtures("no_matrix_is_small")
@pytest.mark.parametrize(
    "name", ["nested in three levels", "nested, slopes at both levels", "nested and crossed, slopes"]
)
def test_a_fit_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    block = fit(STRUCTURES[name])
    monkeypatch.undo()
    dense = fit(STRUCTURES[name])
    # Half of the digits, as theta; the criterion all.
    np.testing.assert_allclose(block.estimates.theta, dense.estimates.theta, rtol=0, atol=1e-7)
    assert block.criterion == pytest.approx(dense.criterion, rel=0, abs=1e-10)
