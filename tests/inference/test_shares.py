"""Shares of variance, against their definitions on the scale of variances."""

from collections.abc import Collection
from math import isnan

import numpy as np
import pytest

from service.arrays import Matrix
from service.data import dataset
from service.design import Design, make_design
from service.engine import Estimates, FactorEstimates, fit
from service.formula import read
from service.inference import Shares, customary_shares, shares
from tests.engine.designs import design_of, group_of, model
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE

codes = group_of((2, 3, 4, 3, 2))
level = np.array([1.0, 4.0, 2.0, 8.0, 5.0])[codes]
steps = np.round(np.sin(np.arange(14.0)), 2)


def ratios(between: list[float], residual: float, fixed: float) -> Shares:
    """Shares of these variances by their definitions."""
    groups = sum(between)
    total = groups + residual + fixed
    parts = tuple(part / (groups + residual) for part in between)
    return Shares(sum(parts), groups / total, parts, fixed / total, (fixed + groups) / total)


def numbers(found: Shares) -> list[float]:
    return [found.icc, found.icc_conditional, *found.by_factor, found.r2_marginal, found.r2_conditional]


def over_rows(factor: FactorEstimates, estimates: Estimates, counted: Collection[int]) -> float:
    """The mean over the rows of z' Cov z, for some coefficients of a factor."""
    some = sorted(counted)
    Z: Matrix = np.column_stack([effect.Z.to_array() for effect in factor.factor.effects])[:, some]
    root = factor.root[some] * estimates.sigma
    return float(((Z @ root) ** 2).sum(axis=1).mean()) if some else 0.0


@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "theta 0", "theta 1e3"])
def test_they_are_ratios_of_variances(name: str) -> None:
    estimates = fit(EASY[name]).estimates
    expected = ratios([float(estimates.factors[0].sd[0]) ** 2], estimates.sigma**2, estimates.fixed_sd**2)
    # A handful of roundings.
    assert numbers(shares(estimates)) == pytest.approx(numbers(expected), rel=1e-13)


@pytest.mark.parametrize("name", STRUCTURES)
def test_what_varies_counts_by_the_values_of_its_predictors(name: str) -> None:
    estimates = fit(STRUCTURES[name]).estimates
    between = [over_rows(factor, estimates, range(len(factor.sd))) for factor in estimates.factors]
    found = numbers(shares(estimates))
    # Products added up over rows, in other coordinates: their sums cancel a little.
    assert found == pytest.approx(numbers(ratios(between, estimates.sigma**2, estimates.fixed_sd**2)), rel=1e-10)


COUNTED: dict[str, list[set[int]]] = {
    "a slope": [{0, 1}],
    "a slope, uncorrelated": [{0}],
    "a slope that is no predictor": [{0}],
    "slopes without intercept": [{0, 1}],
    "three coefficients": [{0, 1, 2}],
    "no predictor": [{0}],
    "no coefficient": [{0}],
    "crossed, uncorrelated": [{0}, {0}],
    "crossed, slopes by both": [{0, 1}, {0, 1}],
    "nested and crossed, slopes": [{0, 1}, {0, 1}, set()],
}
"""What performance counts of each factor: the first term, and of it what is a fixed effect or the intercept."""


@pytest.mark.parametrize("name", COUNTED)
def test_the_customary_ones_count_what_has_a_fixed_effect(name: str) -> None:
    design = STRUCTURES[name]
    estimates = fit(design).estimates
    between = [over_rows(own, estimates, some) for own, some in zip(estimates.factors, COUNTED[name], strict=True)]
    found = customary_shares(estimates, design.names)
    # As above.
    assert numbers(found) == pytest.approx(
        numbers(ratios(between, estimates.sigma**2, estimates.fixed_sd**2)), rel=1e-10
    )
    complete = all(len(some) == len(own.sd) for own, some in zip(estimates.factors, COUNTED[name], strict=True))
    assert (found == shares(estimates)) == complete


PERFORMANCE = {
    "floor + (1 | county)": (0.1587426791, 0.0895065596, 0.2340407277),
    "floor + (floor | county)": (0.1866696203, 0.0860433637, 0.2566513020),
    "floor + (floor || county)": (0.1639921462, 0.0864398034, 0.2362565007),
    "floor + (0 + floor | county)": (0.0283337991, 0.0593066674, 0.0859600833),
    "floor * log_uranium + (1 + floor | county)": (0.0608494026, 0.1736596476, 0.2239419644),
}
"""Models of the radon survey; adjusted ICC, marginal and conditional R squared by performance 0.10.2."""


@pytest.mark.parametrize("formula", PERFORMANCE)
def test_the_radon_survey(formula: str) -> None:
    design = make_design(read(f"log_radon ~ {formula}"), dataset("radon"))
    found = customary_shares(fit(design).estimates, design.names)
    # lme4's theta is led to 1e-8.
    assert (found.icc, found.r2_marginal, found.r2_conditional) == pytest.approx(PERFORMANCE[formula], abs=1e-7)


@pytest.mark.parametrize("name", ["y in 1e-200", "y in 1e160", "x in 1e160", "x in 1e-200"])
def test_a_scale_whose_square_is_no_double_makes_no_difference(name: str) -> None:
    ours, plain = shares(fit(EASY[name]).estimates), shares(fit(EASY["a predictor"]).estimates)
    # Half of the digits, as theta.
    assert numbers(ours) == pytest.approx(numbers(plain), rel=1e-8)


@pytest.mark.parametrize("unit", [1e-140, 1e140])
def test_nor_does_it_for_slopes(unit: float) -> None:
    def found(x: float, y: float) -> Shares:
        made = STRUCTURES["a slope that is no predictor"].y
        design = model("y ~ z + (x | g)", {**TABLE, "y": y * made, "x": x * np.asarray(TABLE["x"])})
        return customary_shares(fit(design).estimates, design.names)

    expected = numbers(found(1.0, 1.0))
    # As above.
    assert numbers(found(unit, 1.0)) == pytest.approx(expected, rel=1e-8)
    assert numbers(found(1.0, unit)) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("y", "theta", "expected"),
    [
        (level, None, Shares(1.0, 1.0, (1.0,), 0.0, 1.0)),
        (level + steps, np.inf, Shares(1.0, 1.0, (1.0,), 0.0, 1.0)),
        (level + steps, 0.0, Shares(0.0, 0.0, (0.0,), 0.0, 0.0)),
    ],
    ids=["no noise", "no pooling", "complete pooling"],
)
def test_limits(y: list[float], theta: float | None, expected: Shares) -> None:
    estimates = fit(design_of(y, codes), theta=None if theta is None else [theta]).estimates
    assert shares(estimates) == customary_shares(estimates, ["(Intercept)"]) == expected


def design_of_both(y: Matrix) -> Design:
    return model("y ~ x + (1 | g) + (1 | h)", {**TABLE, "y": y})


def test_without_noise_all_lies_between_groups() -> None:
    found = shares(fit(design_of_both(np.cos(3.0 * np.asarray(TABLE["g"]) ** 2))).estimates)
    assert (found.icc, found.by_factor) == (1.0, (1.0, 0.0))


def test_all_is_explained_by_the_coefficients() -> None:
    found = shares(fit(design_of(1 + 2 * steps, codes, steps)).estimates)
    assert isnan(found.icc)
    assert (found.icc_conditional, found.r2_marginal, found.r2_conditional) == (0.0, 1.0, 1.0)


def test_where_nothing_varies_there_are_none() -> None:
    assert np.isnan(numbers(shares(fit(design_of(np.full(14, 0.1), codes, steps)).estimates))).all()
    assert np.isnan(numbers(shares(fit(design_of_both(np.full(48, 0.1))).estimates))).all()
