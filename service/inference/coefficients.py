"""Tests and intervals of coefficients, with Satterthwaite's degrees of freedom in closed form.

df = 2 V^2 / Var(V) for V the variance of a coefficient, as a function of the k variance parameters and log sigma^2 by
the delta method (Satterthwaite 1946, Biometrics Bull. 2; Fai & Cornelius 1996, J. Stat. Comput. Simul. 54); lmerTest
differentiates numerically.
"""

import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from service.arrays import Vector
from service.engine import Curvature, Fit
from service.inference.kenward_roger import LEANS, kenward_roger

LARGEST = sys.float_info.max

Degrees = Literal["satterthwaite", "kenward-roger", "residual", "none"]


@dataclass(frozen=True, slots=True)
class CoefficientTable:
    """For each of p coefficients: statistic, degrees of freedom, two-sided p-value, interval; nan where undefined."""

    statistic: Vector
    df: Vector
    p_value: Vector
    low: Vector
    high: Vector


def coefficient_table(
    fit: Fit, df: Vector, confidence_level: float, std_error: Vector | None = None
) -> CoefficientTable:
    """The tests and Wald intervals of a fit's coefficients, against t with `df` (p,), the normal where that is inf.

    They go by `std_error` (p,) in place of the fit's own if it is given.
    """
    beta, error = fit.estimates.beta, fit.estimates.std_error if std_error is None else std_error
    known = np.isfinite(error) & (error > 0)
    error = np.where(known, error, np.nan)
    statistic = beta / error
    p_value = 2.0 * stdtr(df, -np.abs(statistic))
    with np.errstate(over="ignore"):
        # Where degrees of freedom are next to none, an end may be beyond a double.
        half = _quantile(df, 0.5 - 0.5 * confidence_level) * error
        low, high = np.maximum(beta - half, -LARGEST), np.minimum(beta + half, LARGEST)
    return CoefficientTable(statistic, np.where(known & np.isfinite(df), df, np.nan), p_value, low, high)


def degrees_of_freedom(fit: Fit, degrees: Degrees, curvature: Curvature | None = None) -> Vector:
    """The denominator degrees of freedom (p,); inf for none. `curvature` is the fit's, if it is known already."""
    p = fit.estimates.beta.size
    if degrees == "none":
        return np.full(p, np.inf)
    if degrees == "residual":
        return np.full(p, float(fit.estimates.n - p))
    if degrees == "kenward-roger":
        return kenward_roger(fit).df
    return satterthwaite(fit, curvature)


def satterthwaite(fit: Fit, curvature: Curvature | None = None) -> Vector:
    """Satterthwaite's degrees of freedom (p,); those of the residual where theta is held or every variance is 0.

    Without noise one variance is that of the groups' means, with their degrees of freedom. Of several the criterion has
    no value, nor a curvature to tell how well they are known: then there are none, nor where the criterion is flat. A
    coefficient whose variance changes along a direction that the data do not tell has none either.
    """
    estimates = fit.estimates
    if fit.is_flat or (fit.model is None and not fit.held and estimates.theta.size > 1):
        return np.full(estimates.beta.size, np.nan)
    if fit.verdict is None or estimates.variances_are_zero:
        return np.full(estimates.beta.size, float(estimates.residual_df))
    known = fit.curvature() if curvature is None else curvature
    basis = estimates.products.basis
    jacobian = basis.jacobian()
    # The unit of a coefficient cancels; squared, it might overflow.
    unit = np.abs(jacobian).max(axis=1, initial=0.0)
    rows = jacobian / unit[:, None]
    variance = (estimates.std_error / unit / estimates.sigma) ** 2
    # The variance is proportional to sigma^2: its logarithm's slope by log sigma^2, the last, is 1.
    gradient = np.ones((len(known.covariance), variance.size))
    gradient[:-1] = ((rows @ known.inverse_slopes) * rows).sum(axis=2) / variance
    spread = ((known.covariance @ gradient) * gradient).sum(axis=0)
    leans = np.abs(known.untold.T @ gradient[:-1]).max(axis=0, initial=0.0) > LEANS
    df: Vector = np.where(leans, np.nan, 2.0 / spread)
    return df


def _quantile(df: Vector, tail: float) -> Vector:
    """Quantiles of t, of the normal where df is infinite, that leave `tail` above them."""
    # By the lower tail, as one less a small tail would be rounded.
    return -np.where(np.isposinf(df), ndtri(tail), stdtrit(df, tail))
