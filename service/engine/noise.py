"""Responses that the groups and coefficients explain to the last digit: sigma is 0 and theta has no finite value.

What does not depend on sigma still has a limit: the effects' covariance in units of the data, the coefficients. It is
found by fitting with a noise that is small beside everything else and large beside rounding.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from service.engine import groupwise
from service.engine.crossproducts import CrossProducts
from service.engine.estimates import Estimates

FLOOR, FLOOR_OF_SEVERAL = 1e-7, 1e-5
"""The standard deviation of the noise put in place of none, as a share of the response's largest value: squared, it
vanishes beside one, and its ratios stay within what the criterion can hold. Of several factors, what is left is a
difference, of which the square must be far above rounding."""


def rounding(products: CrossProducts) -> float:
    """A standard deviation, in units of the basis, that is nothing but rounding of the response."""
    return 16.0 * products.basis.y_resolution


def has_no_noise(products: CrossProducts) -> bool:
    """Whether the first factor's columns and X leave nothing but rounding of y, though there are rows to show more."""
    if products.within[-1, -1] > 4.0 * products.n * rounding(products) ** 2:
        return False
    inside = np.flatnonzero(products.determined() == 0)
    roots = groupwise.cholesky(products.factors[0].gram)
    return bool(products.n > np.count_nonzero(np.diagonal(roots)) + inside.size)


def with_noise(products: CrossProducts) -> CrossProducts:
    """The cross-products of the same rows with a little noise, as if it were orthogonal to every column."""
    within = products.within.copy()
    floor = FLOOR if len(products.factors) == 1 else FLOOR_OF_SEVERAL
    within[-1, -1] += products.n * floor**2
    return replace(products, within=within)


def without_noise(estimates: Estimates) -> Estimates:
    """The limit of the estimates as the noise vanishes."""
    factors = tuple(
        replace(
            factor,
            sd=np.where(factor.sd > 10.0 * estimates.sigma, factor.sd, 0.0),
            effect_errors=partial(np.zeros, factor.effects.shape),
        )
        for factor in estimates.factors
    )
    varies = any(factor.sd.any() for factor in factors)
    return replace(
        estimates,
        sigma=0.0,
        theta=np.where(estimates.theta != 0, np.inf, 0.0) if varies else np.zeros_like(estimates.theta),
        factors=factors,
        covariance=estimates.covariance if varies else np.zeros_like(estimates.covariance),
        std_error=estimates.std_error if varies else np.zeros_like(estimates.std_error),
    )
