"""How probable it is that the variance between groups will be estimated as exactly 0.

At a ratio of 0 the slope of the deviance is a ratio of quadratic forms. It is not negative, and 0 a minimum, where

    sum_j n_j^2 (m_j - m)^2 <= c (sum_j n_j (m_j - m)^2 + S),   c = (N - sum n_j^2 / N) / (N - 1) for REML, 1 for ML,

with m_j the groups' means, m the mean of all rows and S the squares within groups: a sum of chi-squares below 0
(Crainiceanu & Ruppert 2004, J. R. Statist. Soc. B 66). With equal sizes it is the minimum, and the
condition F <= 1, or F <= J / (J - 1), of the analysis of variance; with unequal sizes there may be a lower minimum
elsewhere, and the probability is an upper bound: with sizes from 1 to 40 it exceeded the share of estimates at 0 by at
most 0.02.
"""

import numpy as np

from service.arrays import Vector
from service.inference.planning.plan import Plan
from service.inference.planning.quadratic_forms import probability_below_zero


def zero_probability(plan: Plan, *, restricted: bool) -> float:
    """The probability that 0 is a minimum of the deviance (REML if `restricted`, else ML)."""
    if plan.within == 0.0:
        return 0.0
    sizes, counts = plan.sizes, plan.counts
    n = float(counts @ sizes)
    c = (n - float(counts @ sizes**2) / n) / (n - 1.0) if restricted else 1.0
    variances = plan.mean_variances
    # Among groups of one size all contrasts are alike; the means of the sizes are left to tell apart.
    alike = variances * sizes * (sizes - c)
    coefficients = np.concatenate([alike, _between_sizes(plan, c), [-c * plan.within]])
    degrees = np.concatenate([counts - 1.0, np.ones(sizes.size), [n - counts.sum()]])
    return probability_below_zero(coefficients, degrees)


def _between_sizes(plan: Plan, c: float) -> Vector:
    """The coefficients (D,) of the chi-squares that the means of the D sizes make up; one of them is 0."""
    sizes, roots = plan.sizes, np.sqrt(plan.counts)
    centre = np.eye(sizes.size) - np.outer(roots, roots * sizes / float(plan.counts @ sizes))
    spread = np.sqrt(plan.mean_variances)
    form = centre.T @ (centre * (sizes * (sizes - c))[:, None])
    return np.linalg.eigvalsh(spread[:, None] * form * spread).astype(np.float64)
