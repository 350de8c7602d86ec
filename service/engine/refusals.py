"""Designs and options that no fit exists for, refused before any number is computed."""

from collections.abc import Sequence

from service.design import Design
from service.engine.random_factors import Parameters, RandomFactor
from service.errors import AllSingletons, Fault, InvalidRequest, TooFewGroups, TooManyParameters, UnsupportedModel
from service.quoting import excerpt


def require_fittable(design: Design) -> None:
    """Refuse a design without random terms, or with as many groups or random effects as rows, as lmer does."""
    if not design.random:
        raise UnsupportedModel(
            "The formula has no random term: add one such as (1 | group). Complete pooling is the same model with "
            '"theta": 0.'
        )
    for effect in design.random:
        n_groups, n = len(effect.grouping.levels), design.n
        if n_groups >= 2 and n_groups * len(effect.names) < n:
            continue
        name = excerpt(effect.grouping.name)
        if n_groups < 2:
            raise TooFewGroups(
                f"{name} has one group: nothing can vary between groups.", Fault("one group", column=name)
            )
        if n_groups == n:
            raise AllSingletons(
                f"{name} has as many groups as there are rows ({n}): the variance between groups cannot be told "
                "from that within.",
                Fault("every group has one row", column=name),
            )
        count = n_groups * len(effect.names)
        term = f"({' + '.join(effect.names)} | {effect.grouping.name})".replace("(Intercept)", "1")
        raise TooManyParameters(
            f"The term {excerpt(term)} has {count:,} random effects, {len(effect.names)} for each of {n_groups:,} "
            f"groups, and there are {n:,} rows: their variance cannot be told from the residual's.",
            Fault(f"{count} random effects", column=name),
        )


def require_theta(theta: Sequence[float], parameters: Parameters, factors: tuple[RandomFactor, ...]) -> None:
    """Refuse a theta to hold that has not as many elements as the model, or is out of range."""
    if len(theta) != parameters.count:
        names = ", ".join(factor.grouping.name for factor in factors)
        message = f"This model (random factors: {excerpt(names)}) has {parameters.count} theta, not {len(theta)}."
        raise InvalidRequest(message, Fault(message, pointer="/theta"))
    if parameters.count > 1 and any(value * value == float("inf") for value in theta):
        message = "An infinite theta, no pooling, can be held where one coefficient varies alone."
        raise InvalidRequest(message, Fault(message, pointer="/theta"))
    for place, i in enumerate(parameters.lme4_order):
        if theta[place] < 0 and parameters.row[i] == parameters.column[i]:
            message = f"Element {place + 1} of theta is on the diagonal, a standard deviation: it cannot be negative."
            raise InvalidRequest(message, Fault(message, pointer=f"/theta/{place}"))
