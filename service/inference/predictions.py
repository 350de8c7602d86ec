"""Predictions of new rows: the expected value of each, its standard error, and an interval.

Of a known group the expected value is x'beta + z'b_j; of one the fit did not have, or none, x'beta, and its own line
may be as far from that as lines are apart. Intervals take the variances as known and their quantiles from the normal
distribution.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from service.arrays import Vector
from service.inference.fitted_model import FittedModel
from service.inference.new_rows import NewRows
from service.inference.prediction_errors import standard_errors

Interval = Literal["none", "mean", "observation"]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Of each row the estimate, the standard error and the ends of the interval, (m,) each; nan where there is none.

    `of_observations` says that the last three are those of an observation.
    """

    estimate: Vector
    std_error: Vector
    low: Vector
    high: Vector
    of_observations: bool


def predict(
    model: FittedModel, rows: NewRows, *, conditional: bool, interval: Interval, confidence_level: float
) -> Predictions:
    """The predictions of these rows; `conditional` on their groups, or for the average of all groups.

    The error and the interval of an observation count the residual, and the groups' effects unless they are known.
    """
    estimate = _estimates(model, rows, conditional=conditional)
    of_observations = interval == "observation"
    error = _errors(model, rows, conditional=conditional, of_observations=of_observations)
    error = np.where(np.isnan(estimate), np.nan, error)
    if interval == "none":
        nothing = np.full_like(estimate, np.nan)
        return Predictions(estimate, error, nothing, nothing, of_observations)
    # By the lower tail, as one less a small tail would be rounded.
    half = -float(ndtri(0.5 - 0.5 * confidence_level)) * error
    return Predictions(estimate, error, estimate - half, estimate + half, of_observations)


def _estimates(model: FittedModel, rows: NewRows, *, conditional: bool) -> Vector:
    """The expected values, with the effects of the known groups."""
    estimate = rows.X @ model.beta
    if rows.offset is not None:
        estimate = estimate + rows.offset
    for factor, own in zip(model.factors or (), rows.groups, strict=False):
        # What is not known stands behind the last group, at 0; a missing predictor stays missing.
        for column, effects in zip(own.Z.T, factor.effects, strict=True):
            estimate = estimate + column * (np.append(effects, 0.0)[np.maximum(own.codes, -1)] if conditional else 0.0)
    return np.asarray(estimate)


def _errors(model: FittedModel, rows: NewRows, *, conditional: bool, of_observations: bool) -> Vector:
    """The standard errors of the expected values, or of observations."""
    error = standard_errors(model.errors, rows, conditional=conditional, of_groups=conditional or of_observations)
    if not of_observations:
        return error
    return np.hypot(error, model.sigma if rows.weights is None else model.sigma / np.sqrt(rows.weights))
