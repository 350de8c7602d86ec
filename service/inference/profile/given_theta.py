"""Profile intervals where theta is held: all there is to vary is sigma and the coefficients, in closed form."""

import numpy as np

from service.engine import Fit
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.profile.region import log_variances


def intervals_given_theta(fit: Fit, drop: float) -> ParameterIntervals:
    """The profile intervals of a fit whose theta is held: standard deviations are so many times sigma.

    What does not vary at this theta has none, nor has what theta alone determines. Without pooling they are those of
    the classical regression, whatever the criterion.
    """
    estimates, nu = fit.estimates, fit.estimates.residual_df
    ends = np.exp(0.5 * np.concatenate(log_variances(np.array([drop / nu]))))
    error = np.where(np.isfinite(estimates.std_error), estimates.std_error, np.nan)
    half = error * np.sqrt(nu * np.expm1(drop / (nu + int(fit.restricted or fit.model is None))))
    varying = [np.where((factor.sd > 0) & np.isfinite(factor.sd), factor.sd, np.nan) for factor in estimates.factors]
    return ParameterIntervals(
        fixed=np.column_stack([estimates.beta - half, estimates.beta + half]),
        spreads=(*(sd[:, None] * ends for sd in varying), estimates.sigma * ends[None]),
        correlations=tuple(np.full((len(factor.factor.pairs), 2), np.nan) for factor in estimates.factors),
        icc=np.full(2, np.nan),
    )
