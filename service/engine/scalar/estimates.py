"""The estimates of a model with one varying coefficient: at a finite theta, and at the two limits."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.conditioning import Fold
from service.engine.crossproducts import CrossProducts
from service.engine.estimates import Estimates, FactorEstimates, assemble
from service.engine.noise import rounding
from service.engine.scalar.criterion import Evaluation
from service.engine.scalar.limits import NoPooling


def estimates_at(fold: Fold, at: Evaluation, nu: int) -> Estimates:
    """The estimates at a finite theta; `nu` are the degrees of freedom sigma is profiled with."""
    sigma, theta = math.sqrt(at.rho / nu), math.sqrt(at.phi)
    gram = fold.products.factors[0].gram[0, 0]
    weight = at.phi * gram
    weight /= 1.0 + weight
    return _assembled(
        fold,
        beta=at.beta,
        covariance=sigma**2 * at.inverse,
        sigma=sigma,
        sd=sigma * theta,
        theta=theta,
        weight=weight,
        effect_sd=lambda: sigma * theta / np.sqrt(1.0 + at.phi * gram),
        residual_df=nu,
        evaluation=at,
    )


def estimates_without_pooling(fold: Fold, limit: NoPooling) -> Estimates:
    """The estimates at theta = infinity: classical regression with an indicator for each group."""
    weights = fold.products.factors[0].gram[0, 0]
    no_noise = has_no_noise(fold.products, limit)
    sigma = 0.0 if no_noise else float(np.sqrt(limit.residual_squares / limit.residual_df))
    effect_sd, covariance = sigma / np.sqrt(weights), sigma**2 * limit.within_inverse
    covariance[np.diag(limit.between_inverse) > 0] = np.inf
    covariance[:, np.diag(limit.between_inverse) > 0] = np.inf
    return _assembled(
        fold,
        beta=limit.beta,
        covariance=covariance,
        sigma=sigma,
        sd=np.inf,
        theta=np.inf,
        weight=np.ones(weights.size),
        effect_sd=lambda: effect_sd,
        residual_df=limit.residual_df,
    )


def estimates_without_noise(fold: Fold, limit: NoPooling, *, restricted: bool) -> Estimates:
    """The estimates where nothing varies within groups: sigma = 0 and the groups' means are known exactly."""
    groups = fold.products.factors[0].counts.size
    df = limit.between_df if restricted else groups
    sd = float(np.sqrt(limit.between_squares / df)) if df > 0 else 0.0
    nothing = sd <= rounding(fold.products)
    return _assembled(
        fold,
        beta=limit.beta,
        covariance=(0.0 if nothing else sd) ** 2 * limit.between_inverse,
        sigma=0.0,
        sd=0.0 if nothing else sd,
        theta=0.0 if nothing else np.inf,
        weight=np.full(groups, 0.0 if nothing else 1.0),
        effect_sd=partial(np.zeros, groups),
        residual_df=df,
    )


def has_no_noise(products: CrossProducts, limit: NoPooling) -> bool:
    """Whether all that is left is rounding of the response, though there are rows to show more.

    Within groups; or, where the coefficients leave no degree of freedom there, between them as well.
    """
    if limit.residual_squares > _rounding_squares(products):
        return False
    groups = products.factors[0].counts.size
    return limit.residual_df > 0 or limit.between_squares <= groups * rounding(products) ** 2


def may_have_no_noise(products: CrossProducts) -> bool:
    """Whether y, once sharpened, varies so little within groups that the limit is worth its cost."""
    return bool(products.within[-1, -1] <= 4.0 * _rounding_squares(products))


def _rounding_squares(products: CrossProducts) -> float:
    """The weighted squares that rounding of the response alone may leave."""
    return float(products.factors[0].weights.sum()) * rounding(products) ** 2


def _assembled(
    fold: Fold,
    *,
    beta: Vector,
    covariance: Matrix,
    sigma: float,
    sd: float,
    theta: float,
    weight: Vector,
    effect_sd: Callable[[], Vector],
    residual_df: int,
    evaluation: Evaluation | None = None,
) -> Estimates:
    """Estimates in units of the bases brought back to those of the data."""
    products, factor = fold.products, fold.factors[0]
    own, solution = products.factors[0], products.solution[0]
    scale, unit = float(own.basis.transform[0, 0]), products.basis.y_unit
    mean_square = float(own.mean_squares[0, 0]) / products.n
    effects = solution[-1] - beta @ solution[:-1]
    effects *= weight
    effects *= scale * unit
    estimates = FactorEstimates(
        factor=factor,
        counts=own.counts,
        weights=own.weights,
        root=np.array([[theta * scale]]),
        spread=np.array([[sd * scale * unit]]),
        sd=np.array([sd * scale * unit]),
        effects=effects[None],
        effect_errors=lambda: effect_sd()[None] * (scale * unit),
        weight=weight if factor.is_varying_intercept else None,
        mean_sd=sd * math.sqrt(mean_square) * unit,
    )
    return assemble(
        fold,
        beta=beta,
        covariance=covariance,
        error_root=_root(covariance) if evaluation is None else sigma * evaluation.half.T,
        sigma=sigma,
        theta=np.array([theta * scale]),
        factors=(estimates,),
        residual_df=residual_df,
        evaluation=evaluation,
    )


def _root(covariance: Matrix) -> Matrix:
    """R (p, p) with R'R the bounded part of a covariance."""
    sizes = np.sqrt(np.where(np.isfinite(covariance.diagonal()), covariance.diagonal(), 0.0))
    known = np.flatnonzero(sizes > 0)
    square = np.ix_(known, known)
    root = np.zeros_like(covariance)
    correlation = covariance[square] / sizes[known] / sizes[known, None]
    try:
        root[square] = np.linalg.cholesky(correlation).T
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        root[square] = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root * sizes
