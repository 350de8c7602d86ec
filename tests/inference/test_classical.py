"""The classical regressions, against least squares in 60 digits and with indicators that are columns."""

import numpy as np
import pytest

from service.arrays import Vector
from service.design import Design
from service.engine import fit
from service.inference import Regression
from service.inference.classical import complete_pooling, group_indicators
from tests.engine.designs import design_of
from tests.engine.hard_designs import EASY, HARD, codes, letters, v, x, y
from tests.inference.least_squares import Truth, of_design

EXACT, HALF = 1e-8, 1e-3
"""In standard errors and as shares: what the designs promise to lose. Where one part in 1e8 is what a model is about,
the squares that are left have half of the digits and may have fewer."""

CASES = [(name, design, EXACT) for name, design in EASY.items()] + [(name, d, HALF) for name, d in HARD.items()]


def require_close(found: Regression, positions: list[int], true: Truth, places: list[int], tolerance: float) -> None:
    """The coefficients at `positions` are the witness' at `places`."""
    assert found.residual_df == true.df
    assert found.sigma == pytest.approx(true.sigma, rel=tolerance)
    error = true.unit_error[places] * true.sigma
    assert np.abs((found.beta[positions] - true.beta[places]) / error).max(initial=0.0) < tolerance
    assert found.std_error[positions] == pytest.approx(error, rel=tolerance)


@pytest.mark.parametrize(("name", "design", "tolerance"), CASES, ids=[case[0] for case in CASES])
def test_complete_pooling_is_least_squares(name: str, design: Design, tolerance: float) -> None:
    estimates = fit(design).estimates
    kept = estimates.kept.tolist()
    true = of_design([design.X.column(k) for k in kept], design)
    every = list(range(len(kept)))
    require_close(complete_pooling(estimates.products), every, true, every, tolerance)


def indicators_of(design: Design) -> list[Vector]:
    grouping = design.random[0].grouping
    return [(grouping.codes == level).astype(np.float64) for level in range(len(grouping.levels))]


COMBINED = {"factor without intercept", "y at 1e8, indicators without intercept"}
"""Columns that vary within groups, but have a sum that does not."""

DEPENDENT = {"x and x less its group means", "x and x + v", "x and x + 1e-6 v", "v and v + 1e-6 x"}
"""Two columns of which the groups take away the difference, or leave hardly anything."""


@pytest.mark.parametrize(("name", "design", "tolerance"), CASES, ids=[case[0] for case in CASES])
def test_no_pooling_has_a_column_for_each_group(name: str, design: Design, tolerance: float) -> None:
    estimates = fit(design).estimates
    found = group_indicators(estimates.products)
    own = indicators_of(design)
    if name in COMBINED | DEPENDENT:
        # What is told is what the next tests are about.
        return
    inside = np.flatnonzero(estimates.group_level == 0).tolist()
    true = of_design([*own, *(design.X.column(int(estimates.kept[k])) for k in inside)], design)
    if true.df <= 0:
        assert (np.isnan(found.sigma), found.residual_df) == (True, true.df)
        return
    require_close(found, inside, true, list(range(len(own), len(own) + len(inside))), tolerance)
    assert np.isnan(found.beta[estimates.group_level == 1]).all()


def test_what_has_a_constant_sum_within_groups_cannot_be_told() -> None:
    design = design_of(y, codes, *letters, x, intercept=False)
    found = group_indicators(fit(design).estimates.products)
    true = of_design([*indicators_of(design), *letters[:2], x], design)
    assert np.isnan(found.beta).tolist() == [True, True, True, False]
    require_close(found, [3], true, [9], EXACT)


def test_of_columns_that_differ_between_groups_alone_neither_is_told() -> None:
    found = group_indicators(fit(design_of(y, codes, x, x + v)).estimates.products)
    assert np.isnan(found.beta).all()
    assert found.sigma == pytest.approx(of_design([*indicators_of(EASY["a predictor"]), x], EASY["a predictor"]).sigma)


def test_a_perfect_fit_leaves_nothing() -> None:
    found = group_indicators(fit(design_of(2 * x + v, codes, x)).estimates.products)
    assert (found.sigma, found.std_error[1], found.beta[1]) == (0.0, 0.0, pytest.approx(2.0, rel=1e-14))


def test_without_a_row_for_sigma_there_are_no_errors() -> None:
    few = np.array([0, 0, 1, 1, 2])
    found = group_indicators(fit(design_of(y[:5], few, x[:5], x[:5] ** 2)).estimates.products)
    assert found.residual_df == 0
    assert np.isnan(found.sigma)
    assert np.isfinite(found.beta[1:]).all()
    assert np.isnan(found.std_error).all()
