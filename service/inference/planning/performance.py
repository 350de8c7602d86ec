"""How the estimates of a plan will do where its variances are estimated too: by simulation.

Given the groups' means the true alpha_j are normal, so that neither its error nor whether an interval holds it needs to
be drawn: the mean square and the probability are known, and are averaged over the data sets.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from service.arrays import Matrix, Vector, Vectors
from service.inference.planning.data_sets import DataSets, batches
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


def perform(plan: Plan, replicates: int, seed: int, confidence_level: float, *, restricted: bool) -> Performance:
    """The performance of REML (if `restricted`) or ML in so many data sets, the same for the same seed.

    The rows of the plan must vary within groups.
    """
    trials = [_try(plan, data, confidence_level, restricted=restricted) for data in batches(plan, replicates, seed)]
    means = [sum(trial.sums[k] for trial in trials) / replicates for k in range(3)]
    over_groups = np.concatenate([trial.over_groups for trial in trials], axis=1)
    return Performance(
        group_errors=np.sqrt(plan.between * plan.pulled + means[0]) * plan.unit,
        covered=means[1],
        covered_with_mean=means[2],
        error=float(over_groups.std(axis=1).max()) / math.sqrt(replicates),
        zero_share=sum(trial.zeros for trial in trials) / replicates,
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    """What came out of R data sets.

    `sums` (3, D), over the data sets, of the squares by which an alpha_j's expectation is missed, and of both
    coverages; `over_groups` (2, R) the means of both coverages over the groups; `zeros` data sets had an estimate of 0.
    """

    sums: Matrix
    over_groups: Matrix
    zeros: int


def _try(plan: Plan, data: DataSets, confidence_level: float, *, restricted: bool) -> _Trial:
    """What comes out of estimates, predictions and intervals in these data sets."""
    ratios = estimate(plan, data, restricted=restricted)
    pulled = 1.0 / (1.0 + ratios.phi[:, None] * plan.sizes)
    # mu is 0: who knows it and the variances expects alpha_j to be `plan.weights * data.one`, with this variance.
    sd = np.sqrt(plan.between * plan.pulled)
    missed = pulled * ratios.mean[:, None] + (plan.pulled - pulled) * data.one
    own = (ratios.phi * ratios.sigma2)[:, None] * pulled
    with_mean = own + pulled**2 * ratios.mean_variance[:, None]
    z = -float(ndtri(0.5 - 0.5 * confidence_level))
    covered = [_covered(missed, sd, z * np.sqrt(each)) for each in (own, with_mean)]
    return _Trial(
        sums=np.stack([each.sum(axis=0) for each in (missed**2, *covered)]),
        over_groups=np.stack([plan.over_groups(each) for each in covered]),
        zeros=int(np.count_nonzero(ratios.phi == 0.0)),
    )


def _covered(missed: Vectors, sd: Vector, half: Vectors) -> Vectors:
    """The probability (R, D) that a normal variable with these sds (D,) is within `half` of what is `missed`."""
    if not sd.any():
        return (np.abs(missed) <= half).astype(np.float64)
    probability: Vectors = ndtr((missed + half) / sd) - ndtr((missed - half) / sd)
    return probability
