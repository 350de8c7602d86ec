"""The closed forms of the likelihood region, against their equations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.inference.profile.region import drop_of, log_variances


@given(st.floats(1e-9, 500.0))
def test_both_ends_are_on_the_contour(excess: float) -> None:
    low, high = (float(end[0]) for end in log_variances(np.array([excess])))
    assert low < 0.0 < high
    for u in (low, high):
        # Of u + expm1(-u), which is about u^2 / 2, the two terms leave out some 1e-16 u.
        assert u + math.expm1(-u) == pytest.approx(excess, rel=1e-13, abs=1e-15 * abs(u))


def test_there_are_none_above_the_level() -> None:
    low, high = log_variances(np.array([-1e-3, 0.0]))
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1], high[1]) == (0.0, 0.0)


@pytest.mark.parametrize(("level", "quantile"), [(0.95, 3.841458820694124), (0.5, 0.454936423119572)])
def test_the_drop_is_a_quantile_of_chi_squared(level: float, quantile: float) -> None:
    assert drop_of(level) == pytest.approx(quantile, rel=1e-13)
