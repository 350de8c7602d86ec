"""Wald intervals of the standard deviations, on the log scale as nlme's: they stay positive."""

import sys
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from service.arrays import Matrix, Vector
from service.engine import Curvature, Fit


@dataclass(frozen=True, slots=True)
class SpreadIntervals:
    """The intervals of some standard deviations, (q,); nan where there is none, as on the boundary."""

    low: Vector
    high: Vector


def spread_intervals(
    fit: Fit, confidence_level: float, curvature: Curvature | None = None
) -> tuple[SpreadIntervals, ...]:
    """The intervals of each factor's standard deviations, and of the residual's last.

    `curvature` is the fit's, if it is known already.
    """
    estimates, known = fit.estimates, fit.curvature() if curvature is None else curvature
    # By the lower tail, as one less a small tail would be rounded.
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    slopes = np.concatenate([*known.log_sd_slopes, np.zeros((1, estimates.theta.size))])
    sds = np.concatenate([*(factor.sd for factor in estimates.factors), [estimates.sigma]])
    low, high = _around(sds, _log_errors(slopes, known.covariance), z)
    starts = np.cumsum([factor.sd.size for factor in estimates.factors])
    return tuple(SpreadIntervals(*ends) for ends in zip(np.split(low, starts), np.split(high, starts), strict=True))


def _log_errors(slopes: Matrix, covariance: Matrix) -> Vector:
    """The standard errors (m,) of log sd = (log sigma^2) / 2 + log(sd / sigma); the latter has the slopes (m, k)."""
    gradient = np.column_stack([slopes, np.full(len(slopes), 0.5)])
    errors: Vector = np.sqrt(((gradient @ covariance) * gradient).sum(axis=1))
    return errors


def _around(estimate: Vector, log_error: Vector, z: float) -> tuple[Vector, Vector]:
    """The ends (m,) of intervals around standard deviations (m,)."""
    known = (estimate > 0) & np.isfinite(estimate) & np.isfinite(log_error)
    sd = np.where(known, estimate, np.nan)
    factor = np.exp(np.minimum(z * np.where(known, log_error, np.nan), 700.0))
    with np.errstate(over="ignore"):
        return sd / factor, np.minimum(sd * factor, sys.float_info.max)
