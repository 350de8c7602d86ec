"""The influence of groups in the contract's words."""

from collections.abc import Iterable

from service.contract import influence as wire
from service.engine import Estimates
from service.errors import ServiceError
from service.inference import Influence


def influence_document(
    estimates: Estimates, names: tuple[str, ...], place: int, found: Iterable[Influence], next: str | None
) -> wire.Influence:
    """The document of the influence of groups of the factor at `place`; `names` are the coefficients'."""
    grouping = estimates.factors[place].factor.grouping
    return wire.Influence(
        group=grouping.name,
        terms=list(names),
        components=[
            wire.Component(group=own.factor.grouping.name, term=term)
            for own in estimates.factors
            for term in own.factor.names
        ],
        groups=[_group(each, grouping.levels[each.group]) for each in found],
        next=next,
    )


def _group(found: Influence, level: str) -> wire.GroupInfluence:
    without = found.without
    if isinstance(without, ServiceError):
        nothing = dict.fromkeys(wire.GroupInfluence.model_fields)
        return wire.GroupInfluence.model_validate(nothing | {"level": level, "n": found.rows, "reason": without.detail})
    return wire.GroupInfluence(
        level=level,
        n=found.rows,
        estimate=without.beta.tolist(),
        std_dev=[sd for sds in without.sds for sd in sds.tolist()],
        sigma=without.sigma,
        cooks_distance=found.cooks_distance,
        dfbetas=found.dfbetas.tolist(),
        prediction_error=found.prediction_error,
        log_density=found.log_density,
        reason=None,
    )
