"""Notes on what the predictors say between and within groups."""

from collections.abc import Iterator

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling, contexts
from service.report.notes.wording import MOST_NAMED, listed

CONFOUNDED = 0.01
"""p-value of a contextual effect below which a predictor's group means are said to confound it."""


def group_level_predictor(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """A predictor is constant within groups."""
    names = _names(design, fit)
    level = [name for name, flag in zip(names, fit.estimates.group_level, strict=True) if flag]
    level = [name for name in level if name != "(Intercept)"]
    if level:
        group = design.random[0].grouping.name
        yield Note(
            code="group_level_predictor",
            severity="info",
            message=f"Constant within every group of {group}: {listed(level)}. Such a predictor explains differences "
            f"between groups, and its precision goes with the {fit.estimates.counts.size} groups, not with the rows.",
            where={"group": group, "terms": level[:MOST_NAMED]},
            see="Gelman & Hill 2007, section 12.6",
        )


def group_means_confound(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """The slope between groups differs from the slope within."""
    names, group = _names(design, fit), design.random[0].grouping.name
    clear = [context for context in contexts(fit) if context.p_value < CONFOUNDED]
    for context in sorted(clear, key=lambda context: context.p_value)[:MOST_NAMED]:
        name = names[context.position]
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


def _names(design: Design, fit: Fit) -> list[str]:
    return [design.names[k] for k in fit.estimates.kept]
