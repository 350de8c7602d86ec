"""How far a fit is from the witness' answer, in units that matter: standard errors and standard deviations."""

from collections.abc import Iterator

import numpy as np

from service.arrays import Matrix, Vector, Vectors
from service.design import Design, RandomEffect
from service.engine import Estimates, Fit
from tests.oracle import Answer


def errors(fitted: Fit, design: Design, true: Answer) -> Iterator[tuple[float, str]]:
    """The largest error of every estimate.

    Coefficients in standard errors, spreads and thetas as shares, random effects in their own standard deviation or
    that of the residuals, whichever is more.
    """
    estimates = fitted.estimates
    yield abs(estimates.sigma / true.sigma - 1), "sigma"
    yield abs(fitted.criterion - true.criterion), "criterion"
    with np.errstate(over="ignore"):
        scale = np.outer(true.std_error, true.std_error)
    known = (scale > 1e-300) & (scale < 1e300)  # the variances that a double holds
    yield _largest((estimates.beta - true.beta) / true.std_error), "beta"
    yield _largest(estimates.std_error / true.std_error - 1), "std_error"
    yield _largest((estimates.covariance[known] - true.covariance[known]) / scale[known]), "covariance"
    for t, effect in enumerate(design.random):
        root, sd, effects, effect_sd = of_term(estimates, effect)
        theta = true.thetas[t]
        if not np.diag(theta).all():
            # Several Lambdas have this Psi.
            root, theta = root @ root.T, theta @ theta.T
        unit = np.maximum(true.sds[t], true.sigma / np.abs(effect.Z.to_array()).mean(axis=0))
        size = np.abs(theta).max(axis=1)
        yield _largest((root - theta) / np.where(size > 0, size, 1.0)[:, None]), "theta"
        yield _largest((sd - true.sds[t]) / unit), "sd"
        yield _largest((effects - true.effects[t]) / unit[:, None]), "effects"
        yield _largest((effect_sd - true.effect_sds[t]) / unit[:, None]), "effect_sd"


def of_term(estimates: Estimates, effect: RandomEffect) -> tuple[Matrix, Vector, Vectors, Vectors]:
    """Lambda, the standard deviations, effects and their errors of one term."""
    for own in estimates.factors:
        for other, place in zip(own.factor.effects, own.factor.terms, strict=True):
            if other is effect:
                return own.root[place, place], own.sd[place], own.effects[place], own.effect_sd[place]
    raise KeyError(effect.grouping.name)


def roots_of(estimates: Estimates, design: Design) -> list[Matrix]:
    """Lambda of every term, as the formula orders them."""
    return [of_term(estimates, effect)[0] for effect in design.random]


def _largest(errors: Matrix) -> float:
    return float(np.abs(errors).max(initial=0.0))
