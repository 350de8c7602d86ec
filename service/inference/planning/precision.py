"""How precise the estimates of a plan will be, where its variances are known: closed forms.

With lambda_j = 1 / (sigma_alpha^2 + sigma_y^2 / n_j) the generalised least squares estimate of mu has variance
1 / sum lambda_j; the best linear unbiased prediction of alpha_j misses by sigma_alpha^2 (1 - w_j) + (1 - w_j)^2 Var(mu)
in mean square, the first part for the group's own rows, the second for mu (Harville 1976, Ann. Statist. 4; Kackar &
Harville 1984, J. Amer. Statist. Assoc. 79). The design effect is Var(mu) over that of as many independent rows
(Kish 1965, Survey Sampling, section 5.4): 1 + (n - 1) ICC where all groups have n.
"""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector
from service.inference.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Precision:
    """Standard errors where the variances are known, in units of the response.

    `mean_error` is that of mu, `group_errors` (D,) the root mean squared errors of an alpha_j, one for each size;
    `effective_n` independent rows would tell mu as precisely, `design_effect` is the rows planned over those.
    """

    mean_error: float
    group_errors: Vector
    design_effect: float
    effective_n: float


def precision(plan: Plan) -> Precision:
    """The precision of a plan."""
    mean_variance = 1.0 / float(plan.counts @ (1.0 / plan.mean_variances))
    squares = plan.between * plan.pulled + plan.pulled**2 * mean_variance
    effective = (plan.between + plan.within) / mean_variance
    return Precision(
        mean_error=math.sqrt(mean_variance) * plan.unit,
        group_errors=np.sqrt(squares) * plan.unit,
        design_effect=plan.n_rows / effective,
        effective_n=effective,
    )
