"""Wald intervals of all parameters, each on a scale on which it has no bounds: symmetric there.

The coefficients against t, the standard deviations by their logarithms, the correlations by Fisher's z and the
intraclass correlation by its logit, with the delta method from the covariance of theta.
"""

import math
from collections.abc import Collection

import numpy as np
from scipy.special import expit, ndtri

from service.arrays import Matrices, Matrix, Vector
from service.engine import Curvature, Estimates, FactorEstimates, Fit
from service.inference.coefficients import CoefficientTable
from service.inference.intervals import spread_intervals
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.shares import customary_terms

ONE = 1e-9
"""Distance of a correlation from 1 or -1 below which it lies on the boundary, and has no z."""

LEANS = 1e-6
"""Change along a direction that the data do not tell from which they do not tell what changes."""


def wald_intervals(
    fit: Fit,
    tests: CoefficientTable,
    confidence_level: float,
    curvature: Curvature,
    fixed_terms: Collection[str],
) -> ParameterIntervals:
    """The Wald intervals of a fit's parameters; nan on the boundary, where theta is held, and where the data tell none.

    Those of the coefficients stand with their `tests`. `fixed_terms` are the names of the coefficients: they decide
    what counts in the intraclass correlation (shares.py).
    """
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    of_factors = zip(fit.estimates.factors, curvature.score_slopes, strict=True)
    return ParameterIntervals(
        fixed=np.array([tests.low, tests.high]).T,
        spreads=spread_intervals(fit, confidence_level, curvature),
        correlations=tuple(_correlations(factor, slopes, fit, curvature, z) for factor, slopes in of_factors),
        icc=_icc(fit, curvature, fixed_terms, z),
    )


def _correlations(factor: FactorEstimates, slopes: Matrices, fit: Fit, curvature: Curvature, z: float) -> Matrix:
    """The intervals of a factor's correlations, a row for each pair of one term."""
    found = np.full((len(factor.factor.pairs), 2), np.nan)
    if fit.held or fit.model is None:
        return found
    for row, pair in enumerate(factor.factor.pairs):
        if (factor.sd[list(pair)] > 0).all():
            r, slope = _correlation(factor, slopes, fit.estimates.sigma, *pair)
            if abs(r) < 1.0 - ONE:
                error = _error(slope / ((1.0 - r) * (1.0 + r)), curvature)
                found[row] = np.tanh(math.atanh(r) + z * error * np.array([-1.0, 1.0]))
    return found


def _correlation(factor: FactorEstimates, slopes: Matrices, sigma: float, i: int, j: int) -> tuple[float, Vector]:
    """The correlation of coefficients i and j, and its derivatives (k,).

    Of the angle between rows s_i and s_j of the root: dr = ds_i (e_j - r e_i) / |s_i| + ds_j (e_i - r e_j) / |s_j|.
    """
    first, second = factor.spread[i] / factor.sd[i], factor.spread[j] / factor.sd[j]
    r = float(first @ second)
    by_first, by_second = slopes[:, i] @ (second - r * first), slopes[:, j] @ (first - r * second)
    return r, by_first * (sigma / factor.sd[i]) + by_second * (sigma / factor.sd[j])


def _icc(fit: Fit, curvature: Curvature, fixed_terms: Collection[str], z: float) -> Vector:
    """The interval of the adjusted intraclass correlation, whose logit is the logarithm of the ratio of variances."""
    estimates = fit.estimates
    if fit.held or fit.model is None:
        return np.full(2, np.nan)
    ratio, slope = 0.0, np.zeros(estimates.theta.size)
    for place, slopes in enumerate(curvature.score_slopes):
        own, change = _ratio(estimates, place, slopes, customary_terms(estimates.factors[place], fixed_terms))
        ratio, slope = ratio + own, slope + change
    if not (ratio > 0 and np.isfinite(ratio)):
        return np.full(2, np.nan)
    ends: Vector = expit(math.log(ratio) + z * _error(slope / ratio, curvature) * np.array([-1.0, 1.0]))
    return ends


def _ratio(estimates: Estimates, place: int, slopes: Matrices, counted: list[int]) -> tuple[float, Vector]:
    """The mean over the rows of z' Cov z over sigma^2, for what counts of a factor, and its derivatives (k,)."""
    factor, own = estimates.factors[place], estimates.products.factors[place]
    if not counted:
        return 0.0, np.zeros(len(slopes))
    chosen = np.linalg.inv(own.basis.transform)[:, counted]
    scores = chosen @ (factor.spread[counted] / estimates.sigma)
    weighted = own.mean_squares @ scores / estimates.n
    changes = (chosen @ slopes[:, counted]).reshape(len(slopes), -1)
    return float(np.vdot(scores, weighted)), 2.0 * (changes @ weighted.ravel())


def _error(slope: Vector, curvature: Curvature) -> float:
    """The standard error of what has this slope (k,) by theta; nan where it is held, or not told by the data."""
    if curvature.untold.size and np.abs(slope @ curvature.untold).max() > LEANS:
        return np.nan
    variance = float(slope @ curvature.covariance[:-1, :-1] @ slope)
    return math.sqrt(variance) if variance > 0 else np.nan
