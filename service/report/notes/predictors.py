"""Notes on what the predictors say between and within groups."""

from collections.abc import Iterator

from service.arrays import Vector
from service.contract.document import Note
from service.design import Grouping
from service.engine import FactorEstimates
from service.engine.random_factors import random_factors
from service.inference import contexts, is_constant_within
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, listed

CONFOUNDED = 0.01
"""p-value of a contextual effect below which a predictor's group means are said to confound it."""

INTERCEPT = "(Intercept)"


def group_level_predictor(found: Findings) -> Iterator[Note]:
    """A predictor is constant within groups."""
    for factor, level in zip(found.factors, _levels(found), strict=True):
        if level:
            group, n_groups = factor.factor.grouping.name, factor.factor.n_groups
            yield Note(
                code="group_level_predictor",
                severity="info",
                message=f"Constant within every group of {group}: {listed(level)}. Such a predictor explains "
                f"differences between groups, and its precision goes with the {n_groups} groups, not with the rows.",
                where={"group": group, "terms": level[:MOST_NAMED]},
                see="Gelman & Hill 2007, section 12.6",
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


def group_means_confound(found: Findings) -> Iterator[Note]:
    """The slope between groups differs from the slope within."""
    group = found.factors[0].factor.grouping.name
    clear = [context for context in contexts(found.fit) if context.p_value < CONFOUNDED]
    for context in sorted(clear, key=lambda context: context.p_value)[:MOST_NAMED]:
        name = found.names[context.position]
        yield Note(
            code="group_means_confound",
            severity="warning",
            message=f"The slope of {name} between groups exceeds that within groups by {context.difference:.4g} "
            f"(standard error {context.std_error:.2g}), so its coefficient mixes the two: add the group means of "
            f"{name} as a predictor.",
            where={
                "group": group,
                "term": name,
                "difference": context.difference,
                "std_error": context.std_error,
                "p_value": context.p_value,
            },
            see="Gelman & Hill 2007, section 12.6; Mundlak 1978",
        )
