"""The fronts of a sparse matrix against the structure of its dense factor."""

import numpy as np
import pytest

from service.engine.fronts import fronts_of
from tests.engine.test_multifrontal import SIZES_AND_SHARES, matrix_of


@pytest.mark.parametrize(("n", "share"), SIZES_AND_SHARES)
def test_every_element_of_the_factor_lies_in_a_front(n: int, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.fronts.FULL", 3.0)
    A, rows, columns, _ = matrix_of(n, share, chain=True)
    plan = fronts_of(n, rows, columns)
    assert plan is not None
    assert sorted(plan.order.tolist()) == list(range(n))
    L = np.linalg.cholesky(A[np.ix_(plan.order, plan.order)])
    found = np.zeros((n, n), dtype=bool)
    for front in plan.fronts:
        local = np.concatenate([np.arange(front.start, front.stop), front.reach])
        found[np.ix_(local, np.arange(front.start, front.stop))] = True
        if front.parent >= 0:
            parent = plan.fronts[front.parent]
            theirs = np.concatenate([np.arange(parent.start, parent.stop), parent.reach])
            assert theirs[front.place].tolist() == front.reach.tolist()
    assert found[np.abs(L) > 0].all()


def test_every_element_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.engine.fronts.FULL", 3.0)
    _, rows, columns, values = matrix_of(60, 0.1, chain=True)
    plan = fronts_of(60, rows, columns)
    assert plan is not None
    assert sorted(np.concatenate([front.source for front in plan.fronts]).tolist()) == list(range(values.size))


def test_a_matrix_that_fills_up_has_no_fronts() -> None:
    _, rows, columns, _ = matrix_of(60, 0.5)
    assert fronts_of(60, rows, columns) is None


def test_small_fronts_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows, columns, _ = matrix_of(200, 0.0, chain=True)
    merged = fronts_of(200, rows, columns)
    monkeypatch.setattr("service.engine.fronts.SMALL", 0)
    single = fronts_of(200, rows, columns)
    assert merged is not None
    assert single is not None
    assert len(merged.fronts) < len(single.fronts) / 2
