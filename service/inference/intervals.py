"""Wald intervals of the standard deviations, on the log scale as nlme's: they stay positive."""

import sys
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from service.engine import Fit
from service.inference.uncertainty import variance_covariance


@dataclass(frozen=True, slots=True)
class SpreadInterval:
    """The interval of one standard deviation; nan where there is none, as on the boundary."""

    low: float
    high: float


def spread_intervals(fit: Fit, confidence_level: float) -> tuple[SpreadInterval, SpreadInterval]:
    """The intervals of the groups' and the residual standard deviation."""
    covariance = variance_covariance(fit)
    phi = fit.estimates.theta**2
    of_residual = covariance[1, 1]
    of_groups = np.nan
    if 0.0 < phi < np.inf:
        to_log = np.array([1.0 / phi, 1.0])
        of_groups = float(to_log @ covariance @ to_log)
    # By the lower tail, as one less a small tail would be rounded.
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    return (
        _around(fit.estimates.group_sd, 0.5 * np.sqrt(of_groups), z),
        _around(fit.estimates.sigma, 0.5 * np.sqrt(of_residual), z),
    )


def _around(estimate: float, log_error: float, z: float) -> SpreadInterval:
    if not (0.0 < estimate < np.inf and np.isfinite(log_error)):
        return SpreadInterval(np.nan, np.nan)
    factor = float(np.exp(min(z * log_error, 700.0)))
    return SpreadInterval(estimate / factor, min(estimate * factor, sys.float_info.max))
