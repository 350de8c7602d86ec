"""Notes on what the predictors say between and within groups."""

from collections.abc import Iterator

import numpy as np

from service.arrays import Vector
from service.design import INTERCEPT, Grouping
from service.engine import FactorEstimates
from service.engine.random_factors import random_factors
from service.inference import column_sds, contexts, is_constant_within
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed

CONFOUNDED = 0.01
"""p-value of a contextual effect below which a predictor's group means are said to confound it."""

FAR_APART = 1000.0
"""Ratio of standard deviations from which, as for lme4, predictors are on different scales: one of two coefficients has
three digits less in a table."""


def group_level_predictor(found: Findings) -> Iterator[Remark]:
    """A predictor is constant within groups."""
    for factor, level in zip(found.factors, _levels(found), strict=True):
        if level:
            group, n_groups = factor.factor.grouping.name, factor.factor.n_groups
            yield Remark(
                "group_level_predictor",
                f"Constant within each of the {n_groups} groups of {group}: {listed(level)}.",
                {"group": group, "terms": level[:MOST_NAMED]},
            )


def _levels(found: Findings) -> list[list[str]]:
    """For each factor the predictors that are constant within its groups and not within those of one with fewer."""
    levels: list[list[str]] = [[] for _ in found.factors]
    for position, name in enumerate(found.names):
        if found.estimates.group_level[position] and name != INTERCEPT:
            levels[_level_of(found, position)].append(name)
    return levels


def _level_of(found: Findings, position: int) -> int:
    """The factor with the fewest groups within which the group-level predictor at `position` is constant."""
    if len(found.factors) == 1:
        return 0
    constant = [
        place
        for place, factor in enumerate(found.factors)
        if _has_intercept(factor) and is_constant_within(_parts(found, position, place))
    ]
    return constant[-1] if constant else 0


def _parts(found: Findings, position: int, place: int) -> Iterator[tuple[Vector, Grouping]]:
    """The rows of a predictor with their groups of the factor at `place`, as many at a time as the design holds."""
    for chunk in found.design.chunks():
        yield chunk.X.column(int(found.estimates.kept[position])), random_factors(chunk)[place].grouping


def _has_intercept(factor: FactorEstimates) -> bool:
    return INTERCEPT in factor.factor.names


def group_means_confound(found: Findings) -> Iterator[Remark]:
    """The slope between groups differs from the slope within."""
    group = found.factors[0].factor.grouping.name
    clear = [context for context in contexts(found.fit) if context.p_value < CONFOUNDED]
    for context in sorted(clear, key=lambda context: context.p_value)[:MOST_NAMED]:
        name = found.names[context.position]
        yield Remark(
            "group_means_confound",
            f"The slope of {name} between groups exceeds that within groups by {context.difference:.4g} (standard "
            f"error {context.std_error:.2g}), so its coefficient mixes the two.",
            {
                "group": group,
                "term": name,
                "difference": context.difference,
                "std_error": context.std_error,
                "p_value": context.p_value,
            },
        )


def unscaled_predictors(found: Findings) -> Iterator[Remark]:
    """The predictors' standard deviations differ by orders of magnitude."""
    if found.estimates.products.basis.columns.size < 2:
        return
    sds = column_sds(found.estimates)
    varying = np.flatnonzero(sds > 0)
    if varying.size < 2 or sds.max() < FAR_APART * sds[varying].min():
        return
    # Only now are the rows looked at: an indicator has no unit to choose.
    measured = [k for k in varying.tolist() if not _is_indicator(found, k)]
    if not measured:
        return
    largest, smallest = max(measured, key=sds.__getitem__), min(measured, key=sds.__getitem__)
    if sds[largest] >= FAR_APART * sds[smallest]:
        term, other = found.names[largest], found.names[smallest]
        yield Remark(
            "unscaled_predictors",
            f"The standard deviation of {term} is {sds[largest]:.3g}, that of {other} {sds[smallest]:.3g}: their "
            "coefficients cannot be read side by side.",
            {"term": term, "sd": float(sds[largest]), "other_term": other, "other_sd": float(sds[smallest])},
        )


def _is_indicator(found: Findings, position: int) -> bool:
    """Whether the column of the coefficient at `position` is 0 or 1 in each row."""
    column = int(found.estimates.kept[position])
    return all(bool(np.isin(chunk.X.column(column), (0.0, 1.0)).all()) for chunk in found.design.chunks())
