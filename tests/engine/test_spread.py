"""The products of the first factor's groups formed anew each time against those found once."""

from dataclasses import replace

import numpy as np
import pytest

from service.engine.arrangement import arrange
from service.engine.dense_rest import DenseRest
from service.engine.spread import GroupSpread, PairSpread
from tests.engine.cases import THETAS, case, theta_of
from tests.engine.structures import CROSSED, NESTED


@pytest.mark.parametrize("kind", THETAS)
@pytest.mark.parametrize("name", [*CROSSED, *NESTED])
def test_both_ways_find_the_same(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    criterion = case(name, restricted=True).criterion
    monkeypatch.setattr("service.engine.arrangement.MOST_PAIRS", 0)
    anew = replace(criterion, arrangement=arrange(criterion.products))
    assert criterion.arrangement is not None
    assert anew.arrangement is not None
    assert isinstance(criterion.arrangement.spread, PairSpread)
    assert isinstance(anew.arrangement.spread, GroupSpread)
    assert isinstance(anew.arrangement.rest, DenseRest)
    theta = theta_of(criterion, kind)
    once, found = criterion.at(theta), anew.at(theta)
    size = max(float(np.abs(theta).max()), 1.0)
    # Two orders of the same sums. What a later factor leaves of the others is a difference of the order of theta^-2.
    tolerance = 1e-12 * size**2
    assert found.value == pytest.approx(once.value, rel=0, abs=tolerance)
    np.testing.assert_allclose(size * found.gradient, size * once.gradient, rtol=0, atol=100 * tolerance)
    np.testing.assert_allclose(found.beta, once.beta, rtol=0, atol=tolerance)
    for ours, true in zip(found.factors, once.factors, strict=True):
        np.testing.assert_allclose(ours.N, true.N, rtol=0, atol=10 * tolerance)
        np.testing.assert_allclose(ours.U, true.U, rtol=0, atol=10 * tolerance)
