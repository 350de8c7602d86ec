"""Whether the group means of a predictor say something its values do not: the contextual effect.

Adding the group means of column k to the model (Mundlak 1978, Econometrica 46) gives them the coefficient
between-slope minus within-slope. Given theta it follows from the cross-products already at hand: with
B = sum_j lambda_j mu_j mu_j', gamma = (B_ky - B_kX beta) / (B_kk - B_kX A_XX^-1 B_Xk).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from service.engine import Fit

NEGLIGIBLE = 1e-8
"""Share of the means' square left by the other columns below which they add nothing to the model."""

ROUNDING = 1e-24
"""The squares of the means, as a share of those within groups, below which the means are zero but for rounding."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Between-slope minus within-slope of the coefficient at `position`, its standard error and two-sided p-value."""

    position: int
    difference: float
    std_error: float
    p_value: float


def contexts(fit: Fit) -> list[Contrast]:
    """The contextual effects, in a model whose one random effect is a varying intercept, of what varies within groups.

    There are none at the limits of theta.
    """
    estimates, at = fit.estimates, fit.estimates.evaluation
    inside = np.flatnonzero(estimates.group_level == 0).tolist()
    if at is None or not inside or not estimates.is_varying_intercept or not estimates.sigma > 0:
        return []
    products = estimates.products
    basis, within, means = products.basis, products.within, products.solution[0]
    weights = estimates.factors[0].weights
    B = (means * (weights / (1.0 + at.phi * weights))) @ means.T
    pull = B[:-1, -1] - B[:-1, :-1] @ at.beta
    to_basis = np.linalg.inv(basis.jacobian())
    found = []
    for position in inside:
        unit = float(np.abs(to_basis[:, position]).max())
        column = to_basis[:, position] / unit
        spread = float(weights @ (column @ means[:-1]) ** 2)
        if spread <= ROUNDING * float(column @ within[:-1, :-1] @ column):
            continue
        loads = B[:-1, :-1] @ column
        square = float(column @ loads)
        left = square - float(loads @ at.inverse @ loads)
        if left <= NEGLIGIBLE * square:
            continue
        difference = float(column @ pull) / left / unit * basis.y_unit
        error = estimates.sigma / math.sqrt(left) / unit
        found.append(Contrast(position, difference, error, 2.0 * float(ndtr(-abs(difference / error)))))
    return found
