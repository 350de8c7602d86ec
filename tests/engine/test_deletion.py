"""Fits without one group against fits of the rows that are left, for every structure."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from service.design import Design, take_rows, without_empty_groups
from service.engine import Estimates, Fit, WithoutGroup, deletion, fit, random_factors, without_groups
from service.errors import ServiceError
from tests.engine.designs import design_of, model, random_rows
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES

SOME = (
    "a slope, weights",
    "a term, and another of the same factor",
    "no coefficient",
    "an offset",
    "group-level predictor",
    "the larger last",
    "crossed, a slope by one",
    "terms taken apart",
    "nested",
    "nested, an outer predictor",
)
"""Of several parameters, with one minimum without each of the groups."""


def refit(design: Design, this: Fit, place: int, group: int) -> Estimates:
    """The estimates from the rows of all other groups, as if there never had been one more."""
    rows = np.flatnonzero(random_factors(design)[place].grouping.codes != group)
    rest = without_empty_groups(take_rows(design, rows))
    theta = this.estimates.theta.tolist() if this.held else None
    return fit(rest, restricted=this.restricted, theta=theta).estimates


def some(design: Design, this: Fit, place: int, groups: list[int]) -> list[WithoutGroup | ServiceError]:
    return list(without_groups(design, this, place, np.array(groups)))


def assert_same(found: WithoutGroup | ServiceError, true: Estimates, tolerance: float) -> None:
    """That both agree, in standard errors and standard deviations."""
    assert isinstance(found, WithoutGroup)
    np.testing.assert_allclose(found.beta / true.std_error, true.beta / true.std_error, rtol=0, atol=tolerance)
    np.testing.assert_allclose(found.std_error, true.std_error, rtol=tolerance)
    assert found.sigma == pytest.approx(true.sigma, rel=tolerance)
    for sd, own in zip(found.sds, in_order(found, true), strict=True):
        np.testing.assert_allclose(sd / true.sigma, own / true.sigma, rtol=0, atol=tolerance)
    for sd, root in zip(found.sds, found.roots, strict=True):
        np.testing.assert_allclose(sd, found.sigma * np.sqrt((root**2).sum(axis=1)), rtol=1e-12)


def in_order(found: WithoutGroup, true: Estimates) -> list[np.ndarray]:
    """The standard deviations of the refit by the sizes of the factors, which may have changed places."""
    sds = [own.sd for own in true.factors]
    return sds if [sd.size for sd in sds] == [sd.size for sd in found.sds] else sds[::-1]


@pytest.mark.usefixtures("no_rows_again")
@pytest.mark.parametrize("name", SOME)
def test_subtracted_products_give_what_the_rows_do(name: str) -> None:
    design, this = STRUCTURES[name], fitted(name)
    for place, factor in enumerate(this.estimates.factors):
        group = factor.factor.n_groups - 1
        (found,) = some(design, this, place, [group])
        # Two searches, each of which ends within 1e-8 standard errors of theta.
        assert_same(found, refit(design, this, place, group), 1e-7)


@pytest.mark.usefixtures("no_rows_again")
@pytest.mark.parametrize("name", ["three coefficients, weights", "crossed, slopes by both", "nested"])
def test_a_theta_that_is_held_is_held_without_the_group(name: str) -> None:
    design = STRUCTURES[name]
    this = fit(design, restricted=False, theta=[0.7] * fitted(name).estimates.theta.size)
    for group, found in enumerate(some(design, this, 0, [0, 1, 2])):
        # Differences of sums in place of sums; nothing is searched for.
        assert_same(found, refit(design, this, 0, group), 1e-11)


def test_the_lower_of_two_minima_is_found() -> None:
    # Without its eighth group this model has two, and the whole's optimum leads to the higher.
    design = STRUCTURES["three coefficients, weights"]
    (found,) = some(design, fitted("three coefficients, weights"), 0, [7])
    assert_same(found, refit(design, fitted("three coefficients, weights"), 0, 7), 1e-6)


def test_what_the_products_cannot_tell_the_rows_tell() -> None:
    g, h = np.arange(60) % 6, np.arange(60) // 12
    random = np.random.default_rng(4)
    y = random.normal(size=60) + g - h + 1e6 * (g == 4)
    design = model("y ~ 1 + (1 | g) + (1 | h)", {"y": y, "g": g, "h": h})
    (found,) = some(design, this := fit(design), 0, [4])
    # Of the squares of y the other groups have 1e-12: their digits are lost in the whole's.
    assert_same(found, refit(design, this, 0, 4), 1e-9)


def test_a_factor_may_have_fewer_groups_than_another_without_one() -> None:
    g, h = np.arange(48) % 4, np.arange(48) // 3 % 3
    y = np.random.default_rng(5).normal(size=48) + 0.8 * g - 1.5 * h
    design = model("y ~ 1 + (1 | g) + (1 | h)", {"y": y, "g": g, "h": h})
    this = replace(fit(design), model=None)
    # From the rows: g then has as many groups as h, or fewer, and the factors may change places.
    (found,) = some(design, this, 0, [1])
    expected = {own.factor.grouping.name: own.sd for own in refit(design, this, 0, 1).factors}
    assert isinstance(found, WithoutGroup)
    assert [sd.tolist() for sd in found.sds] == [expected["g"].tolist(), expected["h"].tolist()]


def test_columns_that_are_one_without_a_group_are_not_told_apart() -> None:
    random = np.random.default_rng(8)
    g, h, x = np.arange(60) % 6, np.arange(60) // 12, random.normal(size=60)
    columns = {
        "y": random.normal(size=60) + g - h,
        "x": x,
        "z": x + 1e-3 * (g == 4) * random.normal(size=60),
        "g": g,
        "h": h,
    }
    design = model("y ~ x + z + (1 | g) + (1 | h)", columns)
    one, other = some(design, this := fit(design), 0, [4, 3])
    assert isinstance(one, ServiceError)
    assert "the coefficient of z" in one.detail
    assert_same(other, refit(design, this, 0, 3), 1e-6)


SMALL: list[float] = [1.0, 2, 4, 3, 6, 5, 2, 2, 7]
REASONS: dict[str, tuple[str, dict[str, ArrayLike], int]] = {
    "g has one group": ("y ~ 1 + (1 | g)", {"y": SMALL[:6], "g": [0, 0, 0, 1, 1, 1]}, 0),
    "as many groups as there are rows": ("y ~ 1 + (1 | g)", {"y": SMALL[:6], "g": [0, 0, 0, 1, 2, 3]}, 0),
    "nothing tells the coefficient of x": (
        "y ~ x + (1 | g)",
        {"y": SMALL, "x": [0.0, 0, 0, 0, 0, 0, 1, 2, 3], "g": [0, 0, 0, 1, 1, 1, 2, 2, 2]},
        2,
    ),
    "h has one group": (
        "y ~ 1 + (1 | g) + (1 | h)",
        {"y": SMALL, "g": [0, 0, 1, 1, 2, 2, 3, 3, 3], "h": [0, 0, 0, 0, 0, 0, 1, 1, 1]},
        3,
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_cannot_be_fitted_says_why(reason: str) -> None:
    formula, columns, group = REASONS[reason]
    design = model(formula, columns)
    (found,) = some(design, fit(design), 0, [group])
    assert isinstance(found, ServiceError)
    assert reason in found.detail


def test_a_limit_is_fitted_from_the_rows() -> None:
    x, _, y, codes = random_rows(9, (4, 5, 3, 6))
    design = design_of(y, codes, x)
    this = fit(design, theta=[np.inf])
    for group, found in enumerate(some(design, this, 0, [0, 1, 2, 3])):
        true = refit(design, this, 0, group)
        assert isinstance(found, WithoutGroup)
        assert (found.beta[1], found.sigma) == (true.beta[1], true.sigma)


def test_groups_come_in_any_order_and_in_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    x, _, y, codes = random_rows(9, (4, 5, 3, 6))
    design = design_of(y, codes, x)
    this = fit(design)
    expected = some(design, this, 0, [3, 1, 0])
    monkeypatch.setattr(deletion, "NUMBERS", 1)
    for one, other in zip(some(design, this, 0, [3, 1, 0]), expected, strict=True):
        assert isinstance(one, WithoutGroup)
        assert isinstance(other, WithoutGroup)
        np.testing.assert_allclose(one.beta, other.beta, rtol=1e-13)
