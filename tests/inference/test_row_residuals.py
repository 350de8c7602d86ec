"""Residuals and leverages of rows: by their definitions, at the limits, and of some rows as of all."""

from dataclasses import fields, replace

import numpy as np
import pytest

from service.design import Design, take_rows
from service.engine import fit
from service.inference import RowResiduals, row_residuals
from tests.engine.designs import design_of, random_rows
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES

X, V, Y, CODES = random_rows(11, (4, 6, 3, 5))


def of(design: Design, rows: slice = slice(None)) -> RowResiduals:
    return row_residuals(design, fit(design), rows)


@pytest.mark.parametrize("name", ["three coefficients, weights", "crossed, an offset", "nested, slopes around"])
def test_they_are_made_of_each_other(name: str) -> None:
    design, this = STRUCTURES[name], fitted(name)
    found = row_residuals(design, this, slice(None))
    weights = np.ones(design.n) if design.weights is None else design.weights
    offset = 0.0 if design.offset is None else design.offset
    population = design.X.to_array()[:, this.estimates.kept] @ this.estimates.beta + offset
    # Roundings of numbers of the size of ten.
    np.testing.assert_allclose(found.population, population, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(found.observed, design.y)
    np.testing.assert_allclose(found.raw, design.y - found.fitted, rtol=1e-15)
    np.testing.assert_allclose(found.marginal, design.y - population, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.pearson, found.raw * np.sqrt(weights) / this.estimates.sigma, rtol=1e-13)
    np.testing.assert_allclose(found.studentised, found.pearson / np.sqrt(1.0 - found.leverage), rtol=1e-13)


def test_some_rows_are_those_rows_of_all() -> None:
    design, this = STRUCTURES["crossed, slopes by both, weights"], fitted("crossed, slopes by both, weights")
    design = replace(design, rows=2 * np.arange(design.n))
    whole, some = (row_residuals(design, this, rows) for rows in (slice(None), slice(7, 19)))
    assert some.rows.tolist() == list(range(14, 38, 2))
    for each in fields(RowResiduals):
        np.testing.assert_allclose(getattr(some, each.name), getattr(whole, each.name)[7:19], rtol=1e-13)


def test_without_noise_nothing_is_standardised() -> None:
    found = of(design_of(2.0 * X, CODES, X))
    np.testing.assert_allclose(found.raw, 0.0, atol=1e-14)
    assert np.isnan(found.pearson).all()
    assert np.isnan(found.studentised).all()
    assert np.isfinite(found.leverage).all()


def test_without_noise_and_with_several_variances_there_are_no_leverages() -> None:
    found = row_residuals(STRUCTURES["crossed"], replace(fitted("crossed"), model=None), slice(None))
    assert np.isnan(found.leverage).all()
    assert np.isfinite(found.pearson).all()


def test_a_row_that_determines_its_own_fitted_value_has_no_studentised_residual() -> None:
    alone = (np.arange(Y.size) == 3).astype(np.float64)
    found = of(design_of(Y, CODES, X, alone))
    assert found.leverage[3] == pytest.approx(1.0, abs=1e-12)
    assert np.flatnonzero(np.isnan(found.studentised)).tolist() == [3]


@pytest.mark.parametrize("unit", [1e-200, 1e150])
def test_standardised_residuals_have_no_unit(unit: float) -> None:
    one, other = of(design_of(Y, CODES, X)), of(design_of(Y * unit, CODES, X))
    # The search for the optimum ends where rounding does.
    np.testing.assert_allclose(other.studentised, one.studentised, rtol=1e-10)
    np.testing.assert_allclose(other.raw / unit, one.raw, rtol=1e-10)


def test_the_rows_of_a_part_may_lack_groups() -> None:
    design = design_of(Y, CODES, X)
    this = fit(design)
    only = np.flatnonzero(CODES == 2)
    part = take_rows(design, only)
    expected = row_residuals(design, this, slice(None)).raw[only]
    np.testing.assert_allclose(row_residuals(part, this, slice(None)).raw, expected, rtol=1e-14)
