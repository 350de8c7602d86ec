"""Wald intervals of the standard deviations, on the log scale as nlme's: they stay positive."""

import math
import sys

import numpy as np
from scipy.special import ndtri

from service.arrays import Matrix, Vector
from service.engine import Curvature, Fit


def spread_intervals(fit: Fit, confidence_level: float, curvature: Curvature | None = None) -> tuple[Matrix, ...]:
    """The ends, low and high, of the intervals of each factor's standard deviations (q, 2), and of the residual's last.

    They are nan where there is none, as on the boundary. `curvature` is the fit's, if it is known already.
    """
    known = fit.curvature() if curvature is None else curvature
    sds = [*(factor.sd for factor in fit.estimates.factors), np.array([fit.estimates.sigma])]
    # Sigma over itself has no slope.
    slopes = [*known.log_sd_slopes, np.zeros((1, len(known.covariance) - 1))]
    # By the lower tail, as one less a small tail would be rounded.
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    return tuple(_intervals(sd, _log_errors(own, known.covariance), z) for sd, own in zip(sds, slopes, strict=True))


def _log_errors(slopes: Matrix, covariance: Matrix) -> Vector:
    """The standard errors (q,) of log sd = (log sigma^2) / 2 + log(sd / sigma); the latter has the slopes (q, k)."""
    gradient = np.full((len(slopes), len(covariance)), 0.5)
    gradient[:, :-1] = slopes
    errors: Vector = np.sqrt(((gradient @ covariance) * gradient).sum(axis=1))
    return errors


def _intervals(sds: Vector, log_errors: Vector, z: float) -> Matrix:
    """The ends (q, 2) of the intervals around standard deviations (q,)."""
    return np.array([_around(*each, z) for each in zip(sds.tolist(), log_errors.tolist(), strict=True)])


def _around(sd: float, log_error: float, z: float) -> tuple[float, float]:
    """The ends of the interval around a standard deviation."""
    if not (0.0 < sd < math.inf and math.isfinite(log_error)):
        return math.nan, math.nan
    factor = math.exp(min(z * log_error, 700.0))
    return sd / factor, min(sd * factor, sys.float_info.max)
