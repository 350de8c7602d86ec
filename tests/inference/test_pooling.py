"""Pooling: the ratio of variances as a number of rows, and the groups on either side of it."""

import numpy as np
import pytest

from service.engine import fit
from service.inference import pooling
from tests.engine.designs import design_of, group_of, random_rows
from tests.engine.hard_designs import EASY

SIZES = (1, 2, 3, 4, 5, 6, 3)


def test_the_equivalent_n_is_the_inverse_ratio() -> None:
    estimates = fit(EASY["a predictor"]).estimates
    found = pooling(estimates)
    ratio = (estimates.group_sd / estimates.sigma) ** 2
    # A handful of roundings.
    assert (found.variance_ratio, found.equivalent_n) == pytest.approx((ratio, 1 / ratio), rel=1e-14)
    assert found.mean_weight == pytest.approx(
        float(np.mean(np.array(SIZES) / (np.array(SIZES) + 1 / ratio))), rel=1e-14
    )


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
    found = pooling(fit(EASY["a predictor"], theta=equivalent**-0.5).estimates)
    assert (found.below, found.above) == (below, above)


def test_groups_count_by_their_weights() -> None:
    _, _, y, codes = random_rows(1, SIZES)
    found = pooling(fit(design_of(y, codes, weights=np.full(24, 0.5)), theta=1.0).estimates)
    # Half a unit of weight a row: of 1 there is exactly the group of two rows.
    assert (found.equivalent_n, found.below, found.above) == (1.0, 1, 5)


def test_weights_that_add_up_to_the_equivalent_n_but_for_rounding_are_a_tie() -> None:
    _, _, y, codes = random_rows(1, SIZES)
    # 0.1 + 0.1 + 0.1 is not 0.3.
    found = pooling(fit(design_of(y, codes, weights=np.full(24, 0.1)), theta=0.3**-0.5).estimates)
    assert (found.below, found.above) == (2, 3)


def test_complete_pooling() -> None:
    found = pooling(fit(EASY["theta 0"]).estimates)
    assert (found.variance_ratio, found.equivalent_n, found.below, found.above) == (0.0, np.inf, 6, 0)
    assert found.mean_weight == 0.0


def test_no_pooling() -> None:
    found = pooling(fit(EASY["a predictor"], theta=np.inf).estimates)
    assert (found.variance_ratio, found.equivalent_n, found.below, found.above) == (np.inf, 0.0, 0, 7)
    assert found.mean_weight == 1.0


def test_no_noise_is_no_pooling() -> None:
    codes = group_of((2, 3, 2))
    found = pooling(fit(design_of(np.array([1.0, 3.0, 4.0])[codes], codes)).estimates)
    assert (found.equivalent_n, found.above, found.mean_weight) == (0.0, 3, 1.0)
