"""Predictions of new rows: the expected value of each, its standard error, and an interval.

Of a known group the expected value is x'beta + z'b_j; of one the fit did not have, or none, x'beta, and its own line
may be as far from that as lines are apart. Intervals take the variances as known and their quantiles from the normal
distribution, unless they are asked to count how little the variances are known.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from service.arrays import Vector
from service.errors import Fault, UnsupportedModel
from service.inference.fitted_model import FittedModel
from service.inference.new_rows import NewRows
from service.inference.prediction_errors import standard_errors
from service.inference.uncertain_variances import uncertain_intervals

NOT_TOLD = (
    "The document does not tell how well the variances are known. It does if `include` asks for `prediction`, and a "
    "varying intercept by one factor, with two groups more than there are group-level columns, is all that varies and "
    "is not held."
)

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
    model: FittedModel,
    rows: NewRows,
    *,
    conditional: bool,
    interval: Interval,
    confidence_level: float,
    variance_uncertainty: bool = False,
) -> Predictions:
    """The predictions of these rows; `conditional` on their groups, or for the average of all groups.

    The error and the interval of an observation count the residual, and the groups' effects unless they are known. With
    `variance_uncertainty` the interval, but not the error, counts how little the variances are known; raises
    UnsupportedModel where that is not told.
    """
    estimate = _estimates(model, rows, conditional=conditional)
    of_observations = interval == "observation"
    error = _errors(model, rows, conditional=conditional, of_observations=of_observations)
    error = np.where(np.isnan(estimate), np.nan, error)
    if interval == "none":
        nothing = np.full_like(estimate, np.nan)
        return Predictions(estimate, error, nothing, nothing, of_observations)
    if variance_uncertainty:
        if model.errors.variances is None:
            raise UnsupportedModel(NOT_TOLD, Fault(NOT_TOLD, pointer="/variance_uncertainty"))
        low, high = uncertain_intervals(
            model.errors.variances,
            rows,
            conditional=conditional,
            of_observations=of_observations,
            confidence_level=confidence_level,
        )
        return Predictions(estimate, error, low, high, of_observations)
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
