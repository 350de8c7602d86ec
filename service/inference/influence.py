"""What each group does to a fit: how far the estimates move without it, and how well it is predicted without it.

Cook's distance is (beta_(j) - beta)' Cov^-1 (beta_(j) - beta) / p with the covariance of the whole fit, and dfbetas are
the changes beta_(j) - beta in standard errors of the fit without the group (Cook & Weisberg 1982, Residuals and
Influence in Regression; Belsley, Kuh & Welsch 1980, Regression Diagnostics; for groups Demidenko & Stukel 2005, Stat.
Med. 24). The group's own rows, which the fit without it has not seen, are predicted by its coefficients.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from service.arrays import Codes, Matrix, Vector
from service.design import Design, take_rows
from service.engine import Fit, WithoutGroup, random_factors, without_groups
from service.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Influence:
    """The influence of one group: its place among the levels, and its `rows`; nan where a number does not exist.

    `without` is what is estimated without it, or why nothing is. `dfbetas` (p,); `prediction_error` is the root of the
    weighted mean square of what beta_(j) leaves of the group's rows, `log_density` that of their joint normal
    distribution without the group, where there is one factor.
    """

    group: int
    rows: int
    without: WithoutGroup | ServiceError
    cooks_distance: float
    dfbetas: Vector
    prediction_error: float
    log_density: float


def influences(design: Design, fit: Fit, place: int, groups: Codes) -> Iterator[Influence]:
    """The influence of each of these groups (K,) of the factor at `place`, of the fit of a design that is held."""
    codes = random_factors(design)[place].grouping.codes
    order, stops = np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))
    toward = _standardiser(fit)
    for group, without in zip(groups.tolist(), without_groups(design, fit, place, groups), strict=True):
        rows = order[stops[group - 1] if group else 0 : stops[group]]
        if isinstance(without, ServiceError):
            nothing = np.full(fit.estimates.beta.size, np.nan)
            yield Influence(group, rows.size, without, np.nan, nothing, np.nan, np.nan)
            continue
        change = without.beta - fit.estimates.beta
        error, density = _predicted(take_rows(design, rows), fit, without)
        yield Influence(
            group=group,
            rows=rows.size,
            without=without,
            cooks_distance=_cooks_distance(toward, change, fit),
            dfbetas=change / np.where(without.std_error > 0, without.std_error, np.nan),
            prediction_error=error,
            log_density=density,
        )


def _standardiser(fit: Fit) -> Matrix | None:
    """T (p, p), lower triangular, whose T T' is A_XX^-1 in the fit's basis; None at the limits, where it has none."""
    if fit.model is None or not fit.estimates.beta.size:
        return None
    inverse = fit.model.at.inverse
    size = np.sqrt(inverse.diagonal())
    root = np.linalg.cholesky(inverse / size / size[:, None]).astype(np.float64, copy=False)
    return root * size[:, None]


def _cooks_distance(root: Matrix | None, change: Vector, fit: Fit) -> float:
    """The distance of a change of the coefficients (p,); in the basis it is formed without cancellation."""
    if root is None:
        return math.nan
    basis = fit.estimates.products.basis
    inside = np.linalg.solve(basis.jacobian(), change / fit.estimates.sigma)
    standard = solve_triangular(root, inside, lower=True)
    return float(standard @ standard) / change.size


def _predicted(part: Design, fit: Fit, without: WithoutGroup) -> tuple[float, float]:
    """The prediction error and the log density of a group's rows, given what is estimated without them."""
    X = part.X.to_array()[:, fit.estimates.kept]
    residual = part.y - X @ without.beta - (0.0 if part.offset is None else part.offset)
    weights = np.ones(part.n) if part.weights is None else part.weights
    largest = float(np.abs(residual).max())
    mean_square = float(weights @ (residual / largest) ** 2 / weights.sum()) if largest > 0 else 0.0
    error = math.sqrt(mean_square) * largest
    if len(fit.estimates.factors) > 1 or not without.sigma > 0 or not np.isfinite(without.roots[0]).all():
        return error, math.nan
    Z = np.concatenate([effect.Z.to_array() for effect in random_factors(part)[0].effects], axis=1)
    return error, _log_density(residual / without.sigma, Z @ without.roots[0], weights, without.sigma)


def _log_density(standard: Vector, spread: Matrix, weights: Vector, sigma: float) -> float:
    """The log density of sigma s, s (n,) having mean zero and covariance W^-1 + K K' for K (n, q).

    With W^1/2 K = U D T', its quadratic form is |e - U U'e|^2 + sum (U'e)^2 / (1 + d^2), a sum of positive terms.
    """
    roots = np.sqrt(weights)
    e, n = standard * roots, standard.size
    U, d, _ = np.linalg.svd(spread * roots[:, None], full_matrices=False)
    along = U.T @ e
    left = e - U @ along
    square = float(left @ left + (along**2 / (1.0 + d**2)).sum())
    volume = float(np.log1p(d**2).sum() - np.log(weights).sum())
    return -0.5 * (n * math.log(2.0 * math.pi) + 2.0 * n * math.log(sigma) + volume + square)
