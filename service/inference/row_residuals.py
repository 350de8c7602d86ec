"""Rows beside their fitted values: residuals of every kind, and leverages.

Pearson's residual divides by the row's standard deviation sigma / sqrt(w), the studentised one by that and by
sqrt(1 - h) as well: what is left of a row's own noise where it pulls the fit toward itself.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Vector
from service.design import Design, take_rows
from service.engine import Fit, hat_of
from service.inference.fitted_values import fitted_values, population_values

OWN_ROW = 1e-9
"""1 - h below which a row determines its own fitted value: its residual is rounding."""


@dataclass(frozen=True, slots=True)
class RowResiduals:
    """Some rows of a fit, (n,) each; nan where a number does not exist.

    `rows` are the rows of the table, counted from 0. `fitted` is conditional on the groups, `population` without their
    deviations; `raw` and `marginal` are what they leave of `observed`.
    """

    rows: Codes
    observed: Vector
    fitted: Vector
    population: Vector
    raw: Vector
    marginal: Vector
    pearson: Vector
    studentised: Vector
    leverage: Vector


def row_residuals(design: Design, fit: Fit, rows: slice) -> RowResiduals:
    """The residuals and leverages of these rows of the fit of a design that is held."""
    part, sigma = take_rows(design, np.arange(design.n)[rows]), fit.estimates.sigma
    fitted, population = fitted_values(part, fit.estimates), population_values(part, fit.estimates)
    raw = part.y - fitted
    hat = hat_of(design, fit)
    leverage = np.full(part.n, np.nan) if hat is None else hat.leverages(part)
    pearson = np.full(part.n, np.nan)
    if sigma > 0:
        pearson = raw / sigma if part.weights is None else raw / sigma * np.sqrt(part.weights)
    left = 1.0 - leverage
    return RowResiduals(
        rows=np.arange(part.n) if part.rows is None else part.rows,
        observed=part.y,
        fitted=fitted,
        population=population,
        raw=raw,
        marginal=part.y - population,
        pearson=pearson,
        studentised=pearson / np.sqrt(np.where(left > OWN_ROW, left, np.nan)),
        leverage=leverage,
    )
