"""Simulated responses: their law by its closed form, and the same numbers however they are asked for."""

from typing import get_args

import numpy as np
import pytest

from service.arrays import Matrix
from service.data import Categorical, Numeric, Table
from service.design import Design, batches, make_design, make_streamed_design
from service.engine import Estimates, fit
from service.errors import UnsupportedModel
from service.formula import read
from service.inference import fitted_values, simulate
from service.inference.simulations import Groups
from tests.design.streaming import Batched
from tests.engine.designs import design_of, group_of
from tests.engine.fits import fitted
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES
from tests.engine.textbook import textbook_of

DRAWS = 4000
SURE = 5.5
"""Standard errors of a mean of draws that no fixed seed here comes to, of a thousand elements at once."""

CASES = (
    "crossed, an offset",
    "crossed, slopes by both, weights",
    "nested and crossed, slopes",
    "slopes without intercept",
)


def population(design: Design, estimates: Estimates) -> Matrix:
    """X beta and the offset."""
    mean: Matrix = design.X.to_array()[:, estimates.kept] @ estimates.beta
    return mean if design.offset is None else mean + design.offset


@pytest.mark.parametrize("name", CASES)
def test_new_groups_have_the_covariance_of_the_model(name: str) -> None:
    design, estimates = STRUCTURES[name], fitted(name).estimates
    psis = [factor.spread @ factor.spread.T for factor in estimates.factors]
    book = textbook_of(design, estimates.kept, restricted=True)
    V = book.covariance(psis, noise=False) + np.diag(estimates.sigma**2 / book.weights)
    drawn = simulate(design, estimates, DRAWS, 1, "new").responses
    assert_law(drawn, population(design, estimates), V)


@pytest.mark.parametrize("name", CASES)
def test_the_same_groups_keep_their_effects(name: str) -> None:
    design, estimates = STRUCTURES[name], fitted(name).estimates
    weights = np.ones(design.n) if design.weights is None else design.weights
    drawn = simulate(design, estimates, DRAWS, 1, "same").responses
    assert_law(drawn, fitted_values(design, estimates), np.diag(estimates.sigma**2 / weights))


def assert_law(drawn: Matrix, mean: Matrix, V: Matrix) -> None:
    size = np.sqrt(V.diagonal())
    units, correlation = (drawn - mean) / size, V / np.outer(size, size)
    assert (np.abs(units.mean(axis=0)) < SURE / np.sqrt(DRAWS)).all()
    assert (np.abs(units.T @ units / DRAWS - correlation) < SURE * np.sqrt((1.0 + correlation**2) / DRAWS)).all()


def test_a_seed_has_its_numbers_and_the_first_of_many_are_those_of_few() -> None:
    design, estimates = STRUCTURES["crossed"], fitted("crossed").estimates
    few, many = (simulate(design, estimates, n, 1, "new").responses for n in (2, 5))
    np.testing.assert_array_equal(many[:2], few)
    assert not np.any(simulate(design, estimates, 2, 2, "new").responses == few)
    assert not np.any(many[0] == many[1])


def with_gaps() -> Table:
    """Numbers and two factors, three rows of which are not complete."""
    source = np.random.default_rng(4)
    x, y, w = source.normal(size=(3, 60))
    x[[0, 31, 59]] = np.nan
    g, h = np.arange(60) % 7, np.arange(60) // 9
    factors = {name: Categorical(codes, tuple(f"{name}{j}" for j in range(7))) for name, codes in (("g", g), ("h", h))}
    return Table({"y": Numeric(y + g), "x": Numeric(x), "w": Numeric(np.exp(w)), **factors}, 60)


@pytest.mark.parametrize("groups", get_args(Groups))
def test_rows_in_batches_get_what_they_would_get_at_once(monkeypatch: pytest.MonkeyPatch, groups: Groups) -> None:
    monkeypatch.setattr(batches, "FEWEST_ROWS", 1)
    formula, table = read("y ~ x + (x | g) + (1 | h)", ["y", "x", "g", "h"]), with_gaps()
    whole = make_design(formula, table, weights="w")
    estimates = fit(whole).estimates
    at_once = simulate(whole, estimates, 3, 1, groups)
    batched = simulate(make_streamed_design(formula, Batched(table, 6), weights="w"), estimates, 3, 1, groups)
    np.testing.assert_array_equal(batched.responses, at_once.responses)
    assert at_once.rows is not None
    assert batched.rows is not None
    assert batched.rows.tolist() == at_once.rows.tolist() == [k for k in range(60) if k not in (0, 31, 59)]


def test_rows_are_not_told_if_they_are_all() -> None:
    assert simulate(STRUCTURES["crossed"], fitted("crossed").estimates, 1, 1, "same").rows is None


def test_without_pooling_groups_can_only_stay_the_same() -> None:
    design = EASY["a predictor"]
    estimates = fit(design, theta=[np.inf]).estimates
    assert np.isfinite(simulate(design, estimates, 2, 1, "same").responses).all()
    with pytest.raises(UnsupportedModel, match='"same"'):
        simulate(design, estimates, 2, 1, "new")


def test_without_noise_the_groups_alone_are_new() -> None:
    codes = group_of((2, 3, 2))
    design = design_of(np.array([1.0, 3.0, 4.0])[codes], codes)
    estimates = fit(design).estimates
    np.testing.assert_allclose(simulate(design, estimates, 1, 1, "same").responses[0], design.y, rtol=1e-14)
    (drawn,) = simulate(design, estimates, 1, 1, "new").responses
    assert [np.ptp(drawn[codes == j]) for j in range(3)] == [0.0, 0.0, 0.0]
    assert np.ptp(drawn) > 0.0


@pytest.mark.parametrize(("name", "unit"), [("y in 1e-200", 1e-200), ("y in 1e160", 1e160)])
def test_a_unit_of_the_response_is_one_of_what_is_drawn(name: str, unit: float) -> None:
    ours, plain = (
        simulate(EASY[each], fit(EASY[each]).estimates, 2, 1, "new").responses for each in (name, "a predictor")
    )
    # Estimates of two fits.
    np.testing.assert_allclose(ours / unit, plain, rtol=1e-7, atol=1e-8)
