"""Shares of variance, against their definitions on the scale of variances."""

import numpy as np
import pytest

from service.engine import fit
from service.inference import Shares, shares
from tests.engine.designs import design_of, group_of
from tests.engine.hard_designs import EASY

codes = group_of((2, 3, 4, 3, 2))
level = np.array([1.0, 4.0, 2.0, 8.0, 5.0])[codes]
steps = np.round(np.sin(np.arange(14.0)), 2)


@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "theta 0", "theta 1e3"])
def test_they_are_ratios_of_variances(name: str) -> None:
    estimates = fit(EASY[name]).estimates
    group, residual, fixed = estimates.group_sd**2, estimates.sigma**2, estimates.fixed_sd**2
    total = group + residual + fixed
    expected = (group / (group + residual), group / total, fixed / total, (fixed + group) / total)
    found = shares(estimates)
    # A handful of roundings.
    assert (found.icc, found.icc_conditional, found.r2_marginal, found.r2_conditional) == pytest.approx(
        expected, rel=1e-14
    )


@pytest.mark.parametrize("name", ["y in 1e-200", "y in 1e160"])
def test_a_scale_whose_square_is_no_double_makes_no_difference(name: str) -> None:
    ours, plain = shares(fit(EASY[name]).estimates), shares(fit(EASY["a predictor"]).estimates)
    # Half of the digits, as theta.
    assert ours.icc == pytest.approx(plain.icc, rel=1e-8)
    assert ours.r2_marginal == pytest.approx(plain.r2_marginal, rel=1e-8)


@pytest.mark.parametrize(
    ("y", "theta", "expected"),
    [
        (level, None, Shares(icc=1.0, icc_conditional=1.0, r2_marginal=0.0, r2_conditional=1.0)),
        (level + steps, np.inf, Shares(icc=1.0, icc_conditional=1.0, r2_marginal=0.0, r2_conditional=1.0)),
        (level + steps, 0.0, Shares(icc=0.0, icc_conditional=0.0, r2_marginal=0.0, r2_conditional=0.0)),
    ],
    ids=["no noise", "no pooling", "complete pooling"],
)
def test_limits(y: list[float], theta: float | None, expected: Shares) -> None:
    assert shares(fit(design_of(y, codes), theta=theta).estimates) == expected


def test_all_is_explained_by_the_coefficients() -> None:
    found = shares(fit(design_of(1 + 2 * steps, codes, steps)).estimates)
    assert np.isnan(found.icc)
    assert (found.icc_conditional, found.r2_marginal, found.r2_conditional) == (0.0, 1.0, 1.0)


def test_where_nothing_varies_there_are_none() -> None:
    found = shares(fit(design_of(np.full(14, 0.1), codes, steps)).estimates)
    assert np.isnan([found.icc, found.icc_conditional, found.r2_marginal, found.r2_conditional]).all()
