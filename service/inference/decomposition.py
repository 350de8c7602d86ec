"""Each group's estimate taken apart: its own mean less what its rows' predictors explain, a weight, and the mean.

With the columns x that vary within groups, the group-level ones u, and W_j the weight of group j's rows,

    own_j = ybar_j - beta' xbar_j,   mu_j = gamma_0 + gamma' u_j,   w_j = W_j / (W_j + sigma_y^2 / sigma_alpha^2)
    alpha_j = w_j own_j + (1 - w_j) mu_j     (Gelman & Hill 2007, eq. 12.4, exact for the coefficients of the fit)

The chapter's formula (eq. 12.1) has the mean of all rows in place of mu_j. With the mean that weighs each group by its
precision, W_j (1 - w_j), it is exact where there is no group-level predictor.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine import Estimates
from service.engine.basis import Basis
from service.inference.classical import Regression


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The J groups of a varying intercept, every array (J,), in the units of the data.

    A group's intercept is where x is 0. `own` is its estimate without pooling given the coefficients of the multilevel
    model, `indicator` that of the regression with group indicators, with its error: nan where that does not tell it.
    `estimate` is the multilevel one and `error` its standard error given the variances, that of the coefficients
    included. `complete` is what complete pooling says of the group. `by_grand_mean` and `by_gls_mean` are what the
    chapter's formula makes of `own` with either mean.
    """

    mean: Vector
    own: Vector
    weight: Vector
    mu: Vector
    estimate: Vector
    error: Vector
    indicator: Vector
    indicator_error: Vector
    complete: Vector
    grand_mean: float
    gls_mean: float
    by_grand_mean: Vector
    by_gls_mean: Vector


@dataclass(frozen=True, slots=True)
class _Points:
    """Where the groups are looked at, in the basis: `means` (p, J) of the columns, and `at` (p, J), where x is 0.

    `y` (J,) are the means of the basis' y. The response is `own_shift` or `shift` (J,) more than the basis' y, there.
    """

    means: Matrix
    at: Matrix
    y: Vector
    own_shift: Vector
    shift: Vector


def decompose(estimates: Estimates, complete: Regression, indicators: Regression) -> Decomposition:
    """The groups of a model whose one random effect is a varying intercept, beside the classical regressions."""
    products, factor = estimates.products, estimates.factors[0]
    basis, points = products.basis, _points(estimates)
    beta = _in_basis(estimates)
    left = points.y - beta @ points.means
    weight = factor.weight if factor.weight is not None else np.zeros_like(left)
    mu = beta @ points.at + points.shift
    own, estimate = mu + left, mu + weight * left
    grand = float(np.average(own, weights=factor.weights))
    gls = float(np.average(own, weights=_precision(estimates, weight)))
    away = points.at - points.means
    told = _are_told(estimates, indicators)
    indicator = np.where(told, points.y + indicators.solution @ away + points.shift, np.nan)
    inflation = np.sqrt(1.0 / factor.weights + _squares(indicators.inverse, away))
    return Decomposition(
        mean=_to_data(points.y + points.own_shift, basis),
        own=_to_data(own, basis),
        weight=weight,
        mu=_to_data(mu, basis),
        estimate=_to_data(estimate, basis),
        error=_errors(estimates, points, weight),
        indicator=_to_data(indicator, basis),
        indicator_error=np.where(told, inflation * indicators.sigma, np.nan),
        complete=_to_data(complete.solution @ points.at + points.shift, basis),
        grand_mean=float(_to_data(np.array(grand), basis)),
        gls_mean=float(_to_data(np.array(gls), basis)),
        by_grand_mean=_to_data(weight * own + (1.0 - weight) * grand, basis),
        by_gls_mean=_to_data(weight * own + (1.0 - weight) * gls, basis),
    )


def _points(estimates: Estimates) -> _Points:
    """The points at which the groups of the first factor are looked at."""
    products, basis = estimates.products, estimates.products.basis
    k, first = basis.columns.size, int(basis.intercept)
    turn, explained = basis.rotation[:k, :k], basis.rotation[:k, k]
    means, y = products.solution[0, :-1], products.solution[0, -1]
    plain = np.linalg.solve(turn.T, means[first:]) if basis.is_rotated else means[first:]
    inside = estimates.group_level[first:] == 0
    at = plain.copy()
    at[inside] = -(basis.shift[:k] * basis.scale[:k])[inside, None]
    return _Points(
        means=means,
        at=np.concatenate([means[:first], turn.T @ at]),
        y=y,
        own_shift=-explained @ plain,
        shift=-explained @ at,
    )


def _in_basis(estimates: Estimates) -> Vector:
    """The coefficients (p,) in the basis."""
    if estimates.evaluation is not None:
        return estimates.evaluation.beta
    basis = estimates.products.basis
    beta = estimates.beta.copy()
    if basis.intercept:
        beta[0] -= basis.shift[-1]
    return np.linalg.solve(basis.jacobian(), beta / basis.y_unit - basis.origin()).astype(np.float64, copy=False)


def _precision(estimates: Estimates, weight: Vector) -> Vector:
    """What each group's mean weighs beside the others'; all the same where the noise has vanished."""
    precision = estimates.factors[0].weights * (1.0 - weight)
    return precision if precision.any() else np.ones_like(weight)


def _errors(estimates: Estimates, points: _Points, weight: Vector) -> Vector:
    """The standard errors of the multilevel estimates: of the effects given the coefficients, and of those."""
    own: Vector = estimates.factors[0].effect_sd[0]
    if (at := estimates.evaluation) is None:
        return own
    of_coefficients = estimates.sigma * np.sqrt(_squares(at.inverse, points.at - weight * points.means))
    errors: Vector = np.hypot(own, of_coefficients)
    return errors


def _are_told(estimates: Estimates, indicators: Regression) -> bool:
    """Whether the indicators leave all coefficients of what varies within groups, which their own intercepts need."""
    return bool(np.isfinite(indicators.beta[estimates.group_level == 0]).all())


def _squares(inverse: Matrix, columns: Matrix) -> Vector:
    """The quadratic form of each column (p, J), (J,)."""
    squares: Vector = np.maximum((columns * (inverse @ columns)).sum(axis=0), 0.0)
    return squares


def _to_data(values: Vector, basis: Basis) -> Vector:
    """Values of the basis' y in units of the response."""
    data: Vector = values * basis.y_unit + basis.shift[-1]
    return data
