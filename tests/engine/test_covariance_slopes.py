"""What the parameters do to the covariance, against the textbook with matrices n by n."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.engine.arrangement import arrange
from service.engine.block_rest import BlockRest
from service.engine.covariance_slopes import CovarianceSlopes, Turned, covariance_slopes
from service.engine.criterion import Criterion, Evaluation
from service.engine.precision import turned_exactly
from service.engine.remaining_blocks import blocks_of, count_elements
from service.engine.sparse_rest import SparseRest
from service.engine.turned_by_differences import turned_by_differences
from tests.engine.cases import THETAS, Case, case, psis_of, theta_of
from tests.engine.structures import CROSSED, NESTED, VARIED
from tests.engine.test_sparse_rest import make_everything_sparse
from tests.engine.textbook import inverted

Ways = Callable[[Criterion, Evaluation], Turned]

ACCURACY = {"large": 1e-6}
"""What the witness keeps: it inverts a V whose condition number is a million and more."""


def slopes_at(criterion: Criterion, theta: Vector, turned: Ways = turned_exactly) -> CovarianceSlopes:
    at = criterion.at(theta)
    return covariance_slopes(criterion, at, turned(criterion, at))


def slopes_by_the_book(this: Case, theta: Vector, half: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """First and second slopes of X'V^-1 X and the traces, by every parameter and V's scale."""
    V = this.book.covariance(psis_of(this.criterion, theta))
    inverse, X = inverted(V), this.D[:, :-1] @ half
    units = [this.criterion.parameters.roots(unit) for unit in np.eye(theta.size)]
    # The element and the one across from it.
    changes = [[np.maximum(root, root.T) for root in unit] for unit in units]
    turned = [inverse @ own for own in (*(this.book.covariance(each, noise=False) for each in changes), V)]
    first = np.array([X.T @ own @ inverse @ X for own in turned])
    second = np.array([[X.T @ own @ other @ inverse @ X for other in turned] for own in turned])
    traces = np.array([[(own * other.T).sum() for other in turned] for own in turned])
    return first, second, traces


@pytest.mark.parametrize("name", VARIED)
def test_the_slopes_of_the_covariance(name: str) -> None:
    this = case(name, restricted=True)
    for kind in THETAS:
        theta = theta_of(this.criterion, kind)
        assert_by_the_book(this, slopes_at(this.criterion, theta), theta, ACCURACY.get(kind, 1e-10))


@pytest.mark.parametrize("name", ["crossed, slopes by both, weights", "nested and crossed, slopes", "partly crossed"])
def test_the_slopes_of_the_covariance_by_differences(name: str) -> None:
    this = case(name, restricted=True)
    for kind in THETAS:
        theta = theta_of(this.criterion, kind)
        found = slopes_at(this.criterion, theta, turned_by_differences)
        # Of the differences (turned_by_differences.py), and of what they multiply that is rounding.
        assert_by_the_book(this, found, theta, max(3e-8, ACCURACY.get(kind, 0.0)))


def assert_by_the_book(this: Case, found: CovarianceSlopes, theta: Vector, accuracy: float) -> None:
    first, second, traces = slopes_by_the_book(this, theta, found.half)
    # In units in which a parameter changes V as much as it can be told to.
    size = np.sqrt(traces.diagonal())
    both = np.outer(size, size)
    np.testing.assert_allclose(found.traces / both, traces / both, rtol=0, atol=accuracy)
    np.testing.assert_allclose(found.first / size[:, None, None], first / size[:, None, None], rtol=0, atol=accuracy)
    np.testing.assert_allclose(found.second / both[:, :, None, None], second / both[:, :, None, None], 0, accuracy)


@pytest.mark.parametrize("kind", ["moderate", "singular"])
@pytest.mark.parametrize("name", [*CROSSED, *NESTED])
def test_what_remains_may_be_kept_in_any_way(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    this = case(name, restricted=True)
    make_everything_sparse(monkeypatch)
    criterion = replace(this.criterion, arrangement=arrange(this.criterion.products))
    assert criterion.arrangement is not None
    assert isinstance(criterion.arrangement.rest, BlockRest | SparseRest)
    theta = theta_of(criterion, kind)
    dense, other = slopes_at(this.criterion, theta), slopes_at(criterion, theta)
    # Two orders of the same sums.
    for ours, same in ((other.first, dense.first), (other.second, dense.second), (other.traces, dense.traces)):
        np.testing.assert_allclose(ours, same, rtol=0, atol=1e-11 * float(np.abs(same).max(initial=0.0)))


def shapes(name: str) -> list[tuple[int, tuple[int, ...]]]:
    """How many blocks there are of each shape, by the groups of every remaining factor."""
    criterion = case(name, restricted=True).criterion
    assert criterion.arrangement is not None
    blocks = blocks_of(criterion.products, criterion.arrangement.rest)
    return [(len(each.columns), each.groups) for each in blocks]


def test_what_remains_of_nested_factors_is_a_block_for_each_outermost_group() -> None:
    assert shapes("nested") == [(6, (1,))]
    # Six groups of d in three of r.
    assert shapes("nested in three levels") == [(3, (2, 1))]


def test_what_remains_of_crossed_factors_is_one_block() -> None:
    assert shapes("crossed") == [(1, (5,))]
    assert shapes("three crossed") == [(1, (5, 3))]


def test_what_remains_of_partly_crossed_factors_falls_apart_where_they_do() -> None:
    # Twelve groups of s, in six of d and four of k, which meet in two.
    assert shapes("nested in two that are crossed") == [(2, (3, 2))]


def test_the_elements_of_blocks_are_counted() -> None:
    assert count_elements(case("a slope", restricted=True).criterion.products) == 0
    assert count_elements(case("nested in three levels", restricted=True).criterion.products) == 3 * 3**2
    # Six groups with two coefficients, four with two.
    assert count_elements(case("nested in two that are crossed", restricted=True).criterion.products) == 2 * 10**2
