"""Pooling: the ratio of variances as a number of rows, and the groups on either side of it."""

import numpy as np
import pytest

from service.design import Design
from service.engine import fit
from service.inference import Pooling, pooling
from tests.engine.designs import design_of, group_of, model, random_rows
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE

SIZES = (1, 2, 3, 4, 5, 6, 3)


def pooled(design: Design, theta: float | None = None) -> Pooling:
    """The pooling of a model whose one random effect is a varying intercept."""
    (factor,) = fit(design, theta=None if theta is None else [theta]).estimates.factors
    found = pooling(factor)
    assert found is not None
    return found


def test_the_equivalent_n_is_the_inverse_ratio() -> None:
    estimates = fit(EASY["a predictor"]).estimates
    found = pooled(EASY["a predictor"])
    ratio = float(estimates.factors[0].sd[0] / estimates.sigma) ** 2
    # A handful of roundings.
    assert (found.variance_ratio, found.equivalent_n) == pytest.approx((ratio, 1 / ratio), rel=1e-14)
    assert found.mean_weight == pytest.approx(
        float(np.mean(np.array(SIZES) / (np.array(SIZES) + 1 / ratio))), rel=1e-14
    )


@pytest.mark.parametrize("name", ["crossed", "crossed, weights", "nested in three levels"])
def test_each_varying_intercept_has_its_own(name: str) -> None:
    estimates = fit(STRUCTURES[name]).estimates
    for factor in estimates.factors:
        found = pooling(factor)
        assert found is not None
        assert found.variance_ratio == pytest.approx(float(factor.sd[0] / estimates.sigma) ** 2, rel=1e-13)
        shares = factor.weights / (factor.weights + found.equivalent_n)
        assert found.mean_weight == pytest.approx(float(shares.mean()), rel=1e-13)
        assert found.below == np.count_nonzero(shares < 0.5)
        assert found.above == np.count_nonzero(shares > 0.5)


def test_what_varies_otherwise_has_none() -> None:
    found = [pooling(factor) for factor in fit(STRUCTURES["crossed, a slope by one"]).estimates.factors]
    assert [pool is None for pool in found] == [True, False]
    (slope,) = fit(model("y ~ x + (0 + x | g)", {**TABLE, "y": STRUCTURES["a slope"].y})).estimates.factors
    assert pooling(slope) is None


@pytest.mark.parametrize(
    ("equivalent", "below", "above"),
    [
        (0.5, 0, 7),
        (1, 0, 6),
        (2.5, 2, 5),
        (3, 2, 3),
        (4, 4, 2),
        (6, 6, 0),
        (7, 7, 0),
        (3 + 1e-8, 4, 3),
        (3 - 1e-8, 2, 5),
    ],
)
def test_a_group_of_the_equivalent_n_is_on_neither_side(equivalent: float, below: int, above: int) -> None:
    found = pooled(EASY["a predictor"], equivalent**-0.5)
    assert (found.below, found.above) == (below, above)


def test_groups_count_by_their_weights() -> None:
    _, _, y, codes = random_rows(1, SIZES)
    found = pooled(design_of(y, codes, weights=np.full(24, 0.5)), 1.0)
    # Half a unit of weight a row: of 1 there is exactly the group of two rows.
    assert (found.equivalent_n, found.below, found.above) == (1.0, 1, 5)


def test_weights_that_add_up_to_the_equivalent_n_but_for_rounding_are_a_tie() -> None:
    _, _, y, codes = random_rows(1, SIZES)
    # 0.1 + 0.1 + 0.1 is not 0.3.
    found = pooled(design_of(y, codes, weights=np.full(24, 0.1)), 0.3**-0.5)
    assert (found.below, found.above) == (2, 3)


def test_complete_pooling() -> None:
    found = pooled(EASY["theta 0"])
    assert (found.variance_ratio, found.equivalent_n, found.below, found.above) == (0.0, np.inf, 6, 0)
    assert found.mean_weight == 0.0


def test_no_pooling() -> None:
    found = pooled(EASY["a predictor"], np.inf)
    assert (found.variance_ratio, found.equivalent_n, found.below, found.above) == (np.inf, 0.0, 0, 7)
    assert found.mean_weight == 1.0


def test_no_noise_is_no_pooling() -> None:
    codes = group_of((2, 3, 2))
    found = pooled(design_of(np.array([1.0, 3.0, 4.0])[codes], codes))
    assert (found.equivalent_n, found.above, found.mean_weight) == (0.0, 3, 1.0)
