"""Kenward & Roger's adjusted covariance of the coefficients, and the degrees of freedom of their tests.

Kenward & Roger 1997 (Biometrics 53), by the expected information and as Halekoh & Højsgaard 2014 (J. Stat. Softw.
59(9)) have it: the parameters are the elements of the covariance matrix of every random term, and sigma^2. With P_i =
-X'V^-1 V_i V^-1 X, Q_ij = X'V^-1 V_i V^-1 V_j V^-1 X and Phi = (X'V^-1 X)^-1,

    2 (W^-1)_ij = tr V^-1 V_i V^-1 V_j - 2 tr Phi Q_ij + tr Phi P_i Phi P_j,
    adjusted Phi = Phi + 2 Phi (sum W_ij (Q_ij - P_i Phi P_j)) Phi.

For a single coefficient A_1 and A_2 of the paper are one number, A = sum W_ij g_i g_j with g_i the relative change of
its variance by parameter i: the scale of F then comes out as 1, and the degrees of freedom as 2 / A.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.engine import CovarianceSlopes, Fit
from service.engine.estimates import in_data_units

UNKNOWN = 1e-9
"""Information on a direction, as a share of what there would be if the coefficients were known, below which the rows do
not tell it."""

LEANS = 1e-6
"""Relative change of a variance, along a direction that the rows do not tell, from which they do not tell it."""


@dataclass(frozen=True, slots=True)
class KenwardRoger:
    """The degrees of freedom and adjusted errors (p,) and covariance (p, p) of p coefficients; nan where unknown."""

    df: Vector
    std_error: Vector
    covariance: Matrix


def kenward_roger(fit: Fit) -> KenwardRoger:
    """The adjustment of a fit by REML; of one by ML, that of the same model by REML.

    Where theta is held sigma^2 is all that must be known, as is the groups' variance where nothing varies around their
    means: then the plain tests are exact. Otherwise there is no adjustment without noise, nor where the variance
    between groups cannot be told from that within.
    """
    estimates = fit.estimates
    if fit.held or (fit.model is None and fit.restricted and estimates.theta.size == 1):
        return _exact(fit)
    if fit.model is None or _is_unidentified(fit):
        p = estimates.beta.size
        return KenwardRoger(np.full(p, np.nan), np.full(p, np.nan), np.full((p, p), np.nan))
    slopes, basis = fit.model.covariance_slopes(), estimates.products.basis
    known, unknown = _directions(slopes)
    jacobian = basis.jacobian()
    coefficients = _unit_rows(jacobian, slopes.half)
    changes = _along(coefficients, slopes.first)
    untold = _lean_on(coefficients, changes, slopes, unknown)
    adjusted = slopes.half @ (np.eye(len(slopes.half)) + 2.0 * _bias(slopes, known)) @ slopes.half.T
    std_error, covariance = in_data_units(jacobian, slopes.sigma**2 * adjusted, basis.y_unit)
    covariance[untold] = covariance[:, untold] = np.nan
    df = 2.0 / ((known.T @ changes) ** 2).sum(axis=0)
    return KenwardRoger(np.where(untold, np.nan, df), np.where(untold, np.nan, std_error), covariance)


def _is_unidentified(fit: Fit) -> bool:
    """Whether the deviance has no curvature along the only theta; of several, directions are told apart."""
    return fit.is_flat or (fit.estimates.theta.size == 1 and bool(np.isnan(fit.curvature().covariance).any()))


def _exact(fit: Fit) -> KenwardRoger:
    """The plain tests of what is estimated; by ML, with the sigma of REML."""
    estimates = fit.estimates
    df = estimates.residual_df if fit.model is None else estimates.n - estimates.beta.size
    larger = estimates.residual_df / df if df > 0 else np.nan
    errors, covariance = estimates.std_error * np.sqrt(larger), estimates.covariance * larger
    return KenwardRoger(np.full(estimates.beta.size, float(df)), errors, covariance)


def _directions(slopes: CovarianceSlopes) -> tuple[Matrix, Matrix]:
    """Directions of the parameters times their standard errors, (k + 1, r), and those the rows do not tell.

    The first times its transpose is W, the inverse of the expected information by REML.
    """
    first, traces = slopes.first, slopes.traces
    shared = np.tensordot(first, first, axes=((1, 2), (1, 2)))
    information = 0.5 * (traces - 2.0 * np.trace(slopes.second, axis1=2, axis2=3) + shared)
    largest = traces.diagonal()
    size = np.sqrt(np.where(largest > 0, 0.5 * largest, 1.0))
    values, vectors = np.linalg.eigh(information / size / size[:, None])
    told = values > UNKNOWN
    vectors /= size[:, None]
    return vectors[:, told] / np.sqrt(values[told]), vectors[:, ~told]


def _bias(slopes: CovarianceSlopes, directions: Matrix) -> Matrix:
    """The sum of (Q_ij - P_i Phi P_j) over W, in units in which Phi is the identity, (p, p)."""
    Q = np.tensordot(directions @ directions.T, slopes.second, axes=((0, 1), (0, 1)))
    P = np.tensordot(directions.T, slopes.first, axes=1)
    bias: Matrix = Q - (P @ P).sum(axis=0)
    return 0.5 * (bias + bias.T)


def _unit_rows(jacobian: Matrix, half: Matrix) -> Matrix:
    """The coefficients (p, p) in units in which their covariance is the identity, each of length 1."""
    size = np.abs(jacobian).max(axis=1, initial=0.0)
    rows = (jacobian / size[:, None]) @ half
    unit: Matrix = rows / np.sqrt((rows**2).sum(axis=1))[:, None]
    return unit


def _along(coefficients: Matrix, slopes: Matrix) -> Matrix:
    """The relative change of each coefficient's variance by each parameter, (k + 1, p)."""
    changes: Matrix = ((coefficients @ slopes) * coefficients).sum(axis=2)
    return changes


def _lean_on(coefficients: Matrix, changes: Matrix, slopes: CovarianceSlopes, unknown: Matrix) -> Flags:
    """Which coefficients' variances, or their estimates' bias, lean on directions that the rows do not tell, (p,)."""
    bias = ((coefficients @ _bias(slopes, unknown)) * coefficients).sum(axis=1)
    leans: Flags = (np.abs(unknown.T @ changes).max(axis=0, initial=0.0) > LEANS) | (bias > UNKNOWN)
    return leans
