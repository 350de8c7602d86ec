"""Notes on the groups: how many, how large, how far apart."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note, Where
from service.engine import FactorEstimates
from service.inference import Pooling
from service.report.findings import Findings
from service.report.notes.coverage import coverage_of

FEW_GROUPS = 20
"""Groups below which plug-in intervals of group effects cover less than 85% of the time (coverage.py)."""

VERY_FEW_GROUPS = 10
"""Groups below which they cover less than 75%: a warning."""

WITHIN_ERRORS = 2.0
"""Standard errors within which a group's deviation would be called insignificant."""


def few_groups(found: Findings) -> Iterator[Note]:
    """There are so few groups that what varies between them is hardly known."""
    for factor in found.factors:
        group, n_groups = factor.factor.grouping.name, factor.factor.n_groups
        if n_groups < FEW_GROUPS and not found.fit.held:
            covered, at_zero = coverage_of(n_groups)
            yield Note(
                code="few_groups",
                severity="warning" if n_groups < VERY_FEW_GROUPS else "info",
                message=f"{group} has {n_groups} groups, which say little about the variance between groups: in "
                f"simulations with no more, 95% intervals of a group's effect that take the estimated variance as "
                f"known covered {covered:.0%}, and the variance was estimated as 0 in {at_zero:.0%}. A Bayesian "
                "posterior, which averages over the variance, is the better answer.",
                where={"group": group, "n_groups": n_groups, "coverage": covered, "share_at_zero": at_zero},
                see="Gelman & Hill 2007, sections 12.4 and 12.9",
            )


def singleton_groups(found: Findings) -> Iterator[Note]:
    """Some groups have one observation."""
    for factor in found.factors:
        single = factor.counts == 1
        if single.any():
            group, count = factor.factor.grouping.name, int(single.sum())
            weight = None if factor.weight is None else float(factor.weight[single].mean())
            where: Where = {"group": group, "groups": count}
            pulled = "" if weight is None else f", with a mean weight of {weight:.2f} on their own value"
            yield Note(
                code="singleton_groups",
                severity="info",
                message=f"{count} of {factor.factor.n_groups} groups of {group} have one observation; they count"
                f"{pulled}: their estimates are imprecise.",
                where=where if weight is None else {**where, "weight": weight},
                see="Gelman & Hill 2007, section 12.9",
            )


def equivalent_n(found: Findings) -> Iterator[Note]:
    """How many observations the variance between groups is worth."""
    for factor, pool in _pulled(found):
        group = factor.factor.grouping.name
        tied = factor.factor.n_groups - pool.below - pool.above
        unit = "observations" if found.design.weights is None else "units of weight"
        yield Note(
            code="equivalent_n",
            severity="info",
            message=f"The variance between groups is worth {pool.equivalent_n:.3g} {unit}: {pool.below} groups of "
            f"{group} have less and lie nearer to the mean of all, {pool.above} have more and lie nearer to their own"
            + (f", {tied} have as many." if tied else "."),
            where={
                "group": group,
                "equivalent_n": pool.equivalent_n,
                "groups_below": pool.below,
                "groups_above": pool.above,
            },
            see="Gelman & Hill 2007, section 12.3",
        )


def significance_no_criterion(found: Findings) -> Iterator[Note]:
    """Many groups would be called insignificant, and that is no reason to drop them."""
    for factor, _ in _pulled(found):
        near = int(np.count_nonzero(np.abs(factor.effects) < WITHIN_ERRORS * factor.effect_sd))
        if near:
            group = factor.factor.grouping.name
            yield Note(
                code="significance_no_criterion",
                severity="info",
                message=f"{near} of {factor.factor.n_groups} groups of {group} lie within two standard errors of the "
                "mean. That is no reason to leave them, or the grouping, out: the model pools each by as much as its "
                "data warrant.",
                where={"group": group, "groups": near},
                see="Gelman & Hill 2007, section 12.7",
            )


def _pulled(found: Findings) -> Iterator[tuple[FactorEstimates, Pooling]]:
    """The factor that pulls its groups toward the mean of all; beside another there is no such mean."""
    for factor, pool in zip(found.factors, found.pooling, strict=True):
        if found.estimates.is_varying_intercept and pool is not None and 0.0 < pool.variance_ratio < np.inf:
            yield factor, pool
