"""How the estimates of a plan will do where its variances are estimated too: by simulation.

Given the groups' means the true alpha_j are normal, so that neither its error nor whether an interval holds it needs to
be drawn: the mean square and the probability are known, and are averaged over the data sets.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from service.arrays import Vector, Vectors
from service.inference.planning.data_sets import DataSets
from service.inference.planning.plan import Plan
from service.inference.planning.variance_ratios import estimate


@dataclass(frozen=True, slots=True)
class Performance:
    """Root mean squared errors of alpha_j (D,), in units of the response, and coverages of its plug-in intervals (D,).

    One for each size of group. `covered` is by the error that takes mean and variances as known, `covered_with_mean` by
    the one that counts the error of the mean. Their Monte Carlo error, as means over the groups, is at most `error`.
    `zero_share` is the share of data sets whose variance between groups is estimated as 0.
    """

    group_errors: Vector
    covered: Vector
    covered_with_mean: Vector
    error: float
    zero_share: float


def perform(plan: Plan, data: DataSets, confidence_level: float, *, restricted: bool) -> Performance:
    """The performance of REML (if `restricted`) or ML, averaged over these data sets; it needs rows that vary."""
    ratios = estimate(plan, data, restricted=restricted)
    total = ratios.phi[:, None] * plan.sizes
    pulled = 1.0 / (1.0 + total)
    # mu is 0: who knows it and the variances expects alpha_j to be `plan.weights * data.one`, with this variance.
    variance = plan.between * plan.pulled
    missed = pulled * ratios.mean[:, None] + (plan.pulled - pulled) * data.one
    own = (ratios.phi * ratios.sigma2)[:, None] * pulled
    with_mean = own + pulled**2 * ratios.mean_variance[:, None]
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    covered, covered_with_mean = (_covered(missed, np.sqrt(variance), z * np.sqrt(each)) for each in (own, with_mean))
    errors = [float(plan.over_groups(each).std()) for each in (covered, covered_with_mean)]
    return Performance(
        group_errors=np.sqrt(variance + (missed**2).mean(axis=0)) * plan.unit,
        covered=covered.mean(axis=0),
        covered_with_mean=covered_with_mean.mean(axis=0),
        error=max(errors) / math.sqrt(len(missed)),
        zero_share=float(np.mean(ratios.phi == 0.0)),
    )


def _covered(missed: Vectors, sd: Vector, half: Vectors) -> Vectors:
    """The probability (R, D) that a normal variable with these sds (D,) is within `half` of what is `missed`."""
    if not sd.any():
        return (np.abs(missed) <= half).astype(np.float64)
    probability: Vectors = ndtr((missed + half) / sd) - ndtr((missed - half) / sd)
    return probability
