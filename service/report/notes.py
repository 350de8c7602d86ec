"""What to know about a fit: each note a stable code, the numbers, and one sentence of advice.

Difficulty is not an error; it is said here, once, and only where it applies.
"""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling, contexts
from service.report.coverage import coverage_of

CONFOUNDED = 0.01
"""p-value of a contextual effect below which a predictor's group means are said to confound it."""

FEW_GROUPS = 20
"""Groups below which plug-in intervals of group effects cover less than 85% of the time (coverage.py)."""

WITHIN_ERRORS = 2.0
"""Standard errors within which a group's deviation would be called insignificant."""

MOST_NAMED = 10
"""Names listed in a note before the rest is counted."""


def notes(design: Design, fit: Fit, pool: Pooling) -> list[Note]:
    """The notes that apply to a fit, warnings first."""
    found = [
        *_data(design, fit),
        *_limits(design, fit),
        *_search(fit),
        *_groups(design, fit, pool),
        *_predictors(design, fit),
    ]
    return sorted(found, key=lambda note: note.severity != "warning")


def _data(design: Design, fit: Fit) -> Iterator[Note]:
    if design.n_dropped:
        n = fit.estimates.n
        yield Note(
            code="rows_dropped",
            severity="info",
            message=f"{design.n_dropped} of {n + design.n_dropped} rows lack a value in a used column and were left out; "
            "if the values are not missing at random, the estimates describe only the rows that are complete.",
            where={"n_dropped": design.n_dropped, "n_observations": n},
            see="Gelman & Hill 2007, chapter 25",
        )
    if fit.estimates.aliased.size:
        names = [design.names[k] for k in fit.estimates.aliased]
        yield Note(
            code="aliased_terms",
            severity="warning",
            message=f"{_listed(names)} cannot be told apart from the columns before it and was dropped, as lm and lmer do; "
            "remove it, or the columns it repeats, from the formula.",
            where={"terms": names[:MOST_NAMED]},
            see="Gelman & Hill 2007, section 4.5",
        )


def _limits(design: Design, fit: Fit) -> Iterator[Note]:
    """Notes that say why a value is null."""
    estimates, group = fit.estimates, design.random[0].grouping.name
    if fit.held and np.isinf(estimates.theta) and estimates.sigma > 0:
        yield Note(
            code="no_pooling",
            severity="info",
            message=f"theta is held at infinity: {group} has one indicator per group as in classical regression, so the "
            "groups' variance, the likelihood and the errors of the mean and of group-level predictors do not exist.",
            where={"group": group},
            see="Gelman & Hill 2007, section 12.3",
        )
    elif fit.held:
        yield Note(
            code="theta_held",
            severity="info",
            message=f"theta is held at {estimates.theta:.6g}, not estimated; standard errors take it as known.",
            where={"group": group, "theta": _finite(estimates.theta)},
            see="Gelman & Hill 2007, section 12.3",
        )
    if estimates.sigma == 0.0:
        yield Note(
            code="no_residual_variance",
            severity="warning",
            message="The rows of a group do not vary around the model at all: sigma is 0, the likelihood is unbounded and "
            "no test exists. Check that the response is not a copy of a group-level quantity.",
            where={"group": group, "sigma": 0.0},
            see="Gelman & Hill 2007, section 12.4",
        )
    with np.errstate(over="ignore"):
        overflow = not np.isfinite(np.square(estimates.sigma)) or bool(np.isposinf(estimates.covariance).any())
    if overflow and np.isfinite(estimates.std_error).all():
        yield Note(
            code="variance_out_of_range",
            severity="info",
            message="Variances too large for a double are null; their square roots, the standard deviations and errors, "
            "are exact. Divide the response by a power of ten to see both.",
            where={"sigma": estimates.sigma},
            see="IEEE 754-2019, section 3.4",
        )


def _search(fit: Fit) -> Iterator[Note]:
    optimum = fit.optimum
    if optimum is not None and not optimum.converged:
        yield Note(
            code="not_converged",
            severity="warning",
            message=f"The criterion still changes at the best value found (gradient {optimum.gradient_norm:.2g} standard "
            "errors); do not rely on the variance components.",
            where={"gradient_norm": _finite(optimum.gradient_norm)},
            see="Bates, Maechler, Bolker & Walker 2015, section 3",
        )
    if optimum is not None and optimum.minima > 1:
        yield Note(
            code="several_optima",
            severity="info",
            message=f"The criterion has {optimum.minima} local minima; the lowest over the whole range was taken.",
            where={"minima": optimum.minima},
            see="Bates, Maechler, Bolker & Walker 2015, section 3",
        )


def _groups(design: Design, fit: Fit, pool: Pooling) -> Iterator[Note]:
    estimates, grouping = fit.estimates, design.random[0].grouping
    group, n_groups = grouping.name, len(grouping.levels)
    if estimates.group_sd == 0.0 and not fit.held and estimates.sigma > 0:
        yield Note(
            code="boundary_variance",
            severity="warning",
            message=f"The variance between the {n_groups} groups of {group} is estimated as 0, so every group is pooled "
            "completely and its standard deviation has no interval. This is an estimate, not evidence that the groups are "
            "alike: keep the term, and average over the uncertainty of the variance where it matters.",
            where={"group": group, "n_groups": n_groups},
            see="Gelman & Hill 2007, section 12.9",
        )
    if n_groups < FEW_GROUPS:
        covered, at_zero = coverage_of(n_groups)
        yield Note(
            code="few_groups",
            severity="warning" if n_groups < 10 else "info",
            message=f"{group} has {n_groups} groups, which say little about the variance between groups: in simulations "
            f"with as many, 95% intervals of a group's effect that take the estimated variance as known covered "
            f"{covered:.0%}, and the variance was estimated as 0 in {at_zero:.0%}. A Bayesian posterior, which averages "
            "over the variance, is the better answer.",
            where={"group": group, "n_groups": n_groups, "coverage": covered, "share_at_zero": at_zero},
            see="Gelman & Hill 2007, sections 12.4 and 12.9",
        )
    singletons = int(np.count_nonzero(estimates.counts == 1))
    if singletons:
        weight = float(estimates.weight[estimates.counts == 1].mean())
        yield Note(
            code="singleton_groups",
            severity="info",
            message=f"{singletons} of {n_groups} groups of {group} have one observation; they count, with a mean weight of "
            f"{weight:.2f}: their estimates lie near the mean of all and are imprecise.",
            where={"group": group, "groups": singletons, "weight": weight},
            see="Gelman & Hill 2007, section 12.9",
        )
    if 0.0 < pool.variance_ratio < np.inf:
        yield Note(
            code="equivalent_n",
            severity="info",
            message=f"The variance between groups is worth {pool.equivalent_n:.2f} observations: {pool.below} groups of "
            f"{group} have less and lie nearer to the mean of all, {pool.above} have more and lie nearer to their own.",
            where={
                "group": group,
                "equivalent_n": pool.equivalent_n,
                "groups_below": pool.below,
                "groups_above": pool.above,
            },
            see="Gelman & Hill 2007, section 12.3",
        )
        small = int(np.count_nonzero(np.abs(estimates.effects) < WITHIN_ERRORS * estimates.effect_sd))
        yield Note(
            code="significance_no_criterion",
            severity="info",
            message=f"{small} of {n_groups} groups of {group} lie within two standard errors of the mean; that is no reason "
            "to leave them, or the grouping, out: the model pools each by as much as its data warrant.",
            where={"group": group, "groups": small},
            see="Gelman & Hill 2007, section 12.7",
        )


def _predictors(design: Design, fit: Fit) -> Iterator[Note]:
    estimates, group = fit.estimates, design.random[0].grouping.name
    names = [design.names[k] for k in estimates.kept]
    level = [name for name, flag in zip(names, estimates.group_level, strict=True) if flag and name != "(Intercept)"]
    if level:
        yield Note(
            code="group_level_predictor",
            severity="info",
            message=f"{_listed(level)} is constant within every group of {group}: it explains differences between groups, "
            f"and its uncertainty goes with the {estimates.counts.size} groups, not with the rows.",
            where={"group": group, "terms": level[:MOST_NAMED]},
            see="Gelman & Hill 2007, section 12.6",
        )
    for context in contexts(fit):
        if context.p_value < CONFOUNDED:
            name = names[context.position]
            yield Note(
                code="group_means_confound",
                severity="warning",
                message=f"The slope of {name} between groups exceeds that within groups by {context.difference:.4g} "
                f"(standard error {context.std_error:.2g}), so its coefficient mixes the two: add the group means of {name} "
                "as a predictor.",
                where={
                    "group": group,
                    "term": name,
                    "difference": context.difference,
                    "std_error": context.std_error,
                    "p_value": context.p_value,
                },
                see="Gelman & Hill 2007, section 12.6; Mundlak 1978",
            )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
