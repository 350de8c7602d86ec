"""Notes on the groups: how many, how large, how far apart."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Where
from service.engine import FactorEstimates
from service.inference import Pooling
from service.report.findings import Findings
from service.report.notes.coverage import coverage_of
from service.report.notes.wording import Remark

FEW_GROUPS = 20
"""Groups below which the variance between them is called badly known."""

TOO_FEW_GROUPS = 5
"""Groups below which it is hardly known at all, however much each tells of itself: Gelman & Hill 2007, section 11.5."""

TWICE, OFTEN = 0.9, 0.75
"""Coverages of 95% intervals below which they miss twice as often as they say: a note; and five times: a warning."""

WITHIN_ERRORS = 2.0
"""Standard errors within which a group's deviation would be called insignificant."""

MOST = 0.9
"""Share of the groups that are insignificant from which who goes by significance would drop the grouping: at most twice
as many stand out as if nothing varied."""


def few_groups(found: Findings) -> Iterator[Remark]:
    """There are so few groups that what varies between them is hardly known."""
    for factor in found.factors:
        group, n_groups = factor.factor.grouping.name, factor.factor.n_groups
        if n_groups >= FEW_GROUPS or found.fit.held:
            continue
        weight = _smallest_weight(factor)
        covered, at_zero = coverage_of(n_groups, weight)
        if covered < TWICE or n_groups < TOO_FEW_GROUPS:
            yield Remark(
                "few_groups",
                f"{group} has {n_groups} groups, which say little about the variance between groups: in simulations "
                f"with no more, each with a weight of {weight:.2f} on its own mean, 95% intervals of a group's effect "
                f"that take the estimated variance as known covered {covered:.0%}, and the variance was estimated as 0 "
                f"in {at_zero:.0%}.",
                {
                    "group": group,
                    "n_groups": n_groups,
                    "weight": weight,
                    "coverage": covered,
                    "share_at_zero": at_zero,
                },
                "warning" if covered < OFTEN or n_groups < TOO_FEW_GROUPS else "info",
            )


def _smallest_weight(factor: FactorEstimates) -> float:
    """The mean weight of a group's own rows in its estimate; of several coefficients, the smallest.

    It is 1 less the share of a coefficient's variance that the rows leave: n / (n + equivalent n) for an intercept
    alone, less beside other factors, whose effects are not known. What does not vary has none.
    """
    if not factor.sd.all():
        return 0.0
    left = ((factor.effect_sd / factor.sd[:, None]) ** 2).mean(axis=1)
    return float(np.clip(1.0 - left, 0.0, 1.0).min())


def singleton_groups(found: Findings) -> Iterator[Remark]:
    """Some groups have one observation."""
    for factor in found.factors:
        single = factor.counts == 1
        if count := int(np.count_nonzero(single)):
            group = factor.factor.grouping.name
            weight = None if factor.weight is None else float(factor.weight[single].sum()) / count
            where: Where = {"group": group, "groups": count}
            pulled = "" if weight is None else f", which has a mean weight of {weight:.2f} in their estimates"
            yield Remark(
                "singleton_groups",
                f"{count} of {factor.factor.n_groups} groups of {group} have one observation{pulled}.",
                where if weight is None else {**where, "weight": weight},
            )


def equivalent_n(found: Findings) -> Iterator[Remark]:
    """Some groups have fewer observations than the variance between groups is worth."""
    for factor, pool in _pulled(found):
        if pool.below == 0:
            continue
        group = factor.factor.grouping.name
        tied = factor.factor.n_groups - pool.below - pool.above
        unit = "observations" if found.design.weights is None else "units of weight"
        yield Remark(
            "equivalent_n",
            f"The variance between groups is worth {pool.equivalent_n:.3g} {unit}: {pool.below} groups of "
            f"{group} have less and lie nearer to the mean of all, {pool.above} have more and lie nearer to their own"
            + (f", {tied} have as many." if tied else "."),
            {
                "group": group,
                "equivalent_n": pool.equivalent_n,
                "groups_below": pool.below,
                "groups_above": pool.above,
            },
        )


def significance_no_criterion(found: Findings) -> Iterator[Remark]:
    """Most groups would be called insignificant, and that is no reason to drop them."""
    for factor, _ in _pulled(found):
        near = int(np.count_nonzero(np.abs(factor.effects) < WITHIN_ERRORS * factor.effect_sd))
        if near > MOST * factor.factor.n_groups:
            group = factor.factor.grouping.name
            yield Remark(
                "significance_no_criterion",
                f"{near} of {factor.factor.n_groups} groups of {group} lie within two standard errors of the mean.",
                {"group": group, "groups": near},
            )


def _pulled(found: Findings) -> Iterator[tuple[FactorEstimates, Pooling]]:
    """The factor that pulls its groups toward the mean of all; beside another there is no such mean."""
    for factor, pool in zip(found.factors, found.pooling, strict=True):
        if found.estimates.is_varying_intercept and pool is not None and 0.0 < pool.variance_ratio < np.inf:
            yield factor, pool
