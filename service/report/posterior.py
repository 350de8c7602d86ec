"""A posterior in the contract's words."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from service.contract import PosteriorRequest
from service.contract import posterior as wire
from service.design import INTERCEPT, Design
from service.engine import Fit
from service.errors import Fault, InvalidRequest
from service.inference.posterior import Posterior, Prior, Summary, posterior
from service.quoting import excerpt, pointer_to
from service.report.collector import paused

HALF_T_DF = 3.0
"""Degrees of freedom of a half-t prior unless given: tails that are heavy and still have a variance."""

MOST_GROUPS = 20_000
"""Groups that are told without being asked for: a second's work."""


def posterior_part(design: Design, fit: Fit, request: PosteriorRequest, confidence_level: float) -> wire.Posterior:
    """The posterior that was asked for, with intervals of this level.

    Raises InvalidRequest for a column that the coefficients do not have, and as `inference.posterior`.
    """
    names = [design.names[k] for k in fit.estimates.kept]
    told = fit.estimates.factors[0].factor.n_groups <= MOST_GROUPS if request.groups is None else request.groups
    found = posterior(fit, prior_of(request), confidence_level, at=_places(request.at, names), groups=told)
    _require_finite(found, request.at)
    with paused():
        return _part(found, fit, names, request, confidence_level)


def prior_of(request: PosteriorRequest) -> Prior:
    """The prior that a request names."""
    if request.scale is None:
        return Prior()
    return Prior(math.log(request.scale), math.inf if request.prior == "half-normal" else request.df or HALF_T_DF)


def _places(at: Mapping[str, float], names: Sequence[str]) -> dict[int, float]:
    """The values by the places of their columns among those with coefficients, the intercept's not among them."""
    for name in at:
        if name not in names or name == INTERCEPT:
            message = f"{excerpt(name)} is not among the columns that have a coefficient: name those of `coefficients`."
            raise InvalidRequest(message, Fault(message, pointer=pointer_to("/at", name)))
    return {names.index(name): value for name, value in at.items()}


def _require_finite(found: Posterior, at: Mapping[str, float]) -> None:
    """Refuse columns so far out that an observation there has no number."""
    observation = found.new_observation
    if not np.isfinite([observation.low, observation.median, observation.high]).all():
        message = "The observation at these values is beyond the range of double precision."
        raise InvalidRequest(message, *(Fault(message, pointer=pointer_to("/at", name)) for name in at))


def _part(
    found: Posterior, fit: Fit, names: Sequence[str], request: PosteriorRequest, confidence_level: float
) -> wire.Posterior:
    """What was found, in words."""
    df = prior_of(request).df
    return wire.Posterior(
        prior=wire.PosteriorPrior(sigma_alpha=request.prior, scale=request.scale, df=df if math.isfinite(df) else None),
        confidence_level=confidence_level,
        coefficients=[
            wire.CoefficientMarginal(term=name, **_marginal(found.coefficients, k)) for k, name in enumerate(names)
        ],
        sigma_alpha=wire.Marginal(**_marginal(found.group_sd)),
        sigma_y=wire.Marginal(**_marginal(found.residual_sd)),
        icc=wire.Marginal(**_marginal(found.icc)),
        groups=_groups(found, fit),
        new_group=wire.Marginal(**_marginal(found.new_group)),
        new_observation=wire.ObservationMarginal(
            at={name: value for name, value in zip(names, found.row.tolist(), strict=True) if name != INTERCEPT},
            **_marginal(found.new_observation),
        ),
        grid=wire.PosteriorGrid.model_construct(
            theta=found.grid.theta.tolist(), sigma_y=found.grid.sigma.tolist(), weight=found.grid.weight.tolist()
        ),
        error=found.error,
    )


def _groups(found: Posterior, fit: Fit) -> dict[str, wire.GroupMarginals] | None:
    """The groups' posteriors, if they were asked for."""
    if found.intercepts is None or found.deviations is None:
        return None
    grouping = fit.estimates.factors[0].factor.grouping
    # Nothing is checked: there may be a million numbers, and they are our own.
    of_groups = wire.GroupMarginals.model_construct(
        levels=list(grouping.levels), intercept=_marginals(found.intercepts), deviation=_marginals(found.deviations)
    )
    return {grouping.name: of_groups}


def _marginal(summary: Summary, place: int = 0) -> dict[str, float]:
    """The summary of the quantity at a place; nan where there is no moment, which is null on the wire."""
    return {
        "mean": float(summary.mean[place]),
        "median": float(summary.median[place]),
        "sd": float(summary.sd[place]),
        "conf_low": float(summary.low[place]),
        "conf_high": float(summary.high[place]),
    }


def _marginals(summary: Summary) -> wire.Marginals:
    """The summaries of all."""
    return wire.Marginals.model_construct(
        mean=summary.mean.tolist(),
        median=summary.median.tolist(),
        sd=summary.sd.tolist(),
        conf_low=summary.low.tolist(),
        conf_high=summary.high.tolist(),
    )
