"""Tests and intervals of coefficients, with Satterthwaite's degrees of freedom in closed form.

df = 2 V^2 / Var(V) for V the variance of a coefficient, as a function of (phi, sigma^2) by the delta method
(Satterthwaite 1946, Biometrics Bull. 2; Fai & Cornelius 1996, J. Stat. Comput. Simul. 54); lmerTest differentiates
numerically.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from service.arrays import Vector
from service.engine import Fit
from service.inference.uncertainty import variance_covariance

Degrees = Literal["satterthwaite", "residual", "none"]


@dataclass(frozen=True, slots=True)
class CoefficientTable:
    """For each of p coefficients: statistic, degrees of freedom, two-sided p-value, interval; nan where undefined."""

    statistic: Vector
    df: Vector
    p_value: Vector
    low: Vector
    high: Vector


def coefficient_table(fit: Fit, degrees: Degrees, confidence_level: float) -> CoefficientTable:
    """The tests and Wald intervals of a fit's coefficients, against t with `degrees`, or the normal if "none"."""
    beta, error = fit.estimates.beta, fit.estimates.std_error
    known = np.isfinite(error) & (error > 0)
    safe = np.where(known, error, 1.0)
    statistic = np.where(known, beta / safe, np.nan)
    df = {"satterthwaite": satterthwaite, "residual": _residual, "none": _none}[degrees](fit)
    reference = np.where(np.isnan(df) & (degrees == "none"), np.inf, df)
    p_value = 2.0 * stdtr(reference, -np.abs(statistic))
    half = _quantile(reference, 0.5 - 0.5 * confidence_level) * np.where(known, error, np.nan)
    return CoefficientTable(statistic, np.where(known, df, np.nan), p_value, beta - half, beta + half)


def satterthwaite(fit: Fit) -> Vector:
    """Satterthwaite's degrees of freedom (p,); those of the residual on the boundary and at held theta."""
    at, optimum = fit.estimates.evaluation, fit.optimum
    everywhere = np.ones(fit.estimates.beta.size)
    if optimum is not None and optimum.flat:
        return np.nan * everywhere
    if at is None or optimum is None or at.phi == 0.0:
        return fit.estimates.residual_df * everywhere
    jacobian = fit.estimates.products.basis.jacobian()
    # The unit of a coefficient cancels; squared, it might overflow.
    rows = jacobian / np.abs(jacobian).max(axis=1, initial=0.0, keepdims=True)
    solved = rows @ at.inverse
    variance = (solved * rows).sum(axis=1)
    slope = -((solved @ at.A1) * solved).sum(axis=1)
    gradient = np.stack([slope / variance, np.ones_like(variance)])
    spread = np.einsum("ai,ab,bi->i", gradient, variance_covariance(fit), gradient)
    df: Vector = 2.0 / spread
    return df


def _residual(fit: Fit) -> Vector:
    """Rows less coefficients (p,)."""
    p = fit.estimates.beta.size
    return np.full(p, float(fit.estimates.n - p))


def _none(fit: Fit) -> Vector:
    return np.full(fit.estimates.beta.size, np.nan)


def _quantile(df: Vector, tail: float) -> Vector:
    """Quantiles of t, of the normal where df is infinite, that leave `tail` above them."""
    finite = np.where(np.isfinite(df), df, 1.0)
    # By the lower tail, as one less a small tail would be rounded.
    return -np.where(np.isposinf(df), ndtri(tail), np.where(np.isnan(df), np.nan, stdtrit(finite, tail)))
