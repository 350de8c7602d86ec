"""Notes on the groups: how many, how large, how far apart."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling
from service.report.notes.coverage import coverage_of

FEW_GROUPS = 20
"""Groups below which plug-in intervals of group effects cover less than 85% of the time (coverage.py)."""

VERY_FEW_GROUPS = 10
"""Groups below which they cover less than 75%: a warning."""

WITHIN_ERRORS = 2.0
"""Standard errors within which a group's deviation would be called insignificant."""


def boundary_variance(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """The variance between groups is estimated as zero."""
    if fit.estimates.group_sd == 0.0 and fit.optimum is not None and not fit.optimum.flat:
        group, n_groups = _grouping(design)
        yield Note(
            code="boundary_variance",
            severity="warning",
            message=f"The variance between the {n_groups} groups of {group} is estimated as 0: every group is pooled "
            "completely, and the standard deviation has no interval and the equivalent n no value. That is an "
            "estimate, not evidence that the groups are alike: keep the term, and average over the uncertainty of the "
            "variance where it matters.",
            where={"group": group, "n_groups": n_groups},
            see="Gelman & Hill 2007, section 12.9",
        )


def few_groups(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """There are so few groups that their variance is hardly known."""
    group, n_groups = _grouping(design)
    if n_groups < FEW_GROUPS and not fit.held:
        covered, at_zero = coverage_of(n_groups)
        yield Note(
            code="few_groups",
            severity="warning" if n_groups < VERY_FEW_GROUPS else "info",
            message=f"{group} has {n_groups} groups, which say little about the variance between groups: in "
            f"simulations with no more, 95% intervals of a group's effect that take the estimated variance as known "
            f"covered {covered:.0%}, and the variance was estimated as 0 in {at_zero:.0%}. A Bayesian posterior, which "
            "averages over the variance, is the better answer.",
            where={"group": group, "n_groups": n_groups, "coverage": covered, "share_at_zero": at_zero},
            see="Gelman & Hill 2007, sections 12.4 and 12.9",
        )


def singleton_groups(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Some groups have one observation."""
    single = fit.estimates.counts == 1
    if single.any():
        (group, n_groups), weight = _grouping(design), float(fit.estimates.weight[single].mean())
        yield Note(
            code="singleton_groups",
            severity="info",
            message=f"{int(single.sum())} of {n_groups} groups of {group} have one observation; they count, with a "
            f"mean weight of {weight:.2f} on their own value: their estimates are imprecise.",
            where={"group": group, "groups": int(single.sum()), "weight": weight},
            see="Gelman & Hill 2007, section 12.9",
        )


def equivalent_n(design: Design, _: Fit, pool: Pooling) -> Iterator[Note]:
    """How many observations the variance between groups is worth."""
    if 0.0 < pool.variance_ratio < np.inf:
        group, n_groups = _grouping(design)
        tied = n_groups - pool.below - pool.above
        unit = "observations" if design.weights is None else "units of weight"
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


def significance_no_criterion(design: Design, fit: Fit, pool: Pooling) -> Iterator[Note]:
    """Many groups would be called insignificant, and that is no reason to drop them."""
    near = int(np.count_nonzero(np.abs(fit.estimates.effects) < WITHIN_ERRORS * fit.estimates.effect_sd))
    if near and 0.0 < pool.variance_ratio < np.inf:
        group, n_groups = _grouping(design)
        yield Note(
            code="significance_no_criterion",
            severity="info",
            message=f"{near} of {n_groups} groups of {group} lie within two standard errors of the mean. That is no "
            "reason to leave them, or the grouping, out: the model pools each by as much as its data warrant.",
            where={"group": group, "groups": near},
            see="Gelman & Hill 2007, section 12.7",
        )


def _grouping(design: Design) -> tuple[str, int]:
    """The name of the grouping factor and how many groups it has."""
    grouping = design.random[0].grouping
    return grouping.name, len(grouping.levels)
