"""The intervals of all parameters in the contract's words, and why some have no end."""

import math
from collections.abc import Iterator

import numpy as np

from service.contract import intervals as wire
from service.contract.request import FitOptions
from service.design import Design
from service.engine import Fit
from service.errors import ServiceError
from service.report.findings import Findings, findings_of
from service.report.spreads import correlations_of, spreads_of

ON_THE_BOUNDARY = 1.0 - 1e-9
"""Absolute correlation from which it lies on the boundary."""


def interval_table(design: Design, fit: Fit, options: FitOptions, asked: wire.IntervalRequest) -> wire.IntervalTable:
    """The intervals of a fit's parameters that were asked for, whatever `options` say of how they are found.

    Raises UnsupportedModel where a bootstrap has nothing to draw from.
    """
    level = asked.confidence_level or options.confidence_level
    instead = {"intervals": asked.method, "confidence_level": level}
    found = findings_of(design, fit, options.model_copy(update=instead), asked)
    if isinstance(found.bootstrap, ServiceError):
        raise found.bootstrap
    return wire.IntervalTable(
        method=asked.method,
        confidence_level=level,
        intervals=list(intervals_of(found)),
        bootstrap=found.bootstrap,
    )


def intervals_of(found: Findings) -> Iterator[wire.ParameterInterval]:
    """The interval of each parameter; none if none were wanted."""
    known = found.intervals
    if known is None:
        return
    for name, estimate, ends in zip(found.names, found.estimates.beta.tolist(), known.fixed.tolist(), strict=True):
        yield _interval(found, "fixed_effect", estimate, ends, term=name)
    for (group, term, sd), ends in zip(spreads_of(found), np.vstack(known.spreads).tolist(), strict=True):
        yield _interval(found, "std_dev", sd, ends, group=group, term=term)
    pairs = zip(correlations_of(found), np.vstack(known.correlations).tolist(), strict=True)
    for (group, first, second, correlation), ends in pairs:
        yield _interval(found, "correlation", correlation, ends, group=group, term=first, term_2=second)
    yield _interval(found, "icc", found.shares.icc, known.icc.tolist())


def _interval(
    found: Findings,
    parameter: wire.Parameter,
    estimate: float,
    ends: list[float],
    *,
    group: str | None = None,
    term: str | None = None,
    term_2: str | None = None,
) -> wire.ParameterInterval:
    """The interval of a parameter, and why it lacks an end if it does."""
    low, high = ends
    return wire.ParameterInterval(
        parameter=parameter,
        group=group,
        term=term,
        term_2=term_2,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        reason=_reason(found, parameter, estimate, [math.isnan(low), math.isnan(high)]),
    )


def _reason(found: Findings, parameter: wire.Parameter, estimate: float, missing: list[bool]) -> str | None:
    """Why an interval lacks an end, low or high; None if it has both."""
    fit = found.fit
    if not any(missing):
        return None
    if fit.is_flat:
        return "The rows do not tell the variance between groups from that within."
    if fit.held and found.estimates.sigma > 0.0:
        return "theta is held: what it determines is not estimated."
    if fit.model is None:
        return "Without noise the criterion has no value, and sigma no standard error."
    if found.method == "bootstrap":
        return "No draw has a value of this."
    if parameter == "icc" and all(missing) and found.method == "profile":
        return "Only some of the coefficients of a term, or none, count in this share: its profile is not known."
    if found.method == "profile":
        return "The criterion hardly rises in this direction: the rows do not bound the parameter there."
    at_bound = not abs(estimate) < ON_THE_BOUNDARY if parameter == "correlation" else not estimate > 0.0
    if parameter != "fixed_effect" and at_bound:
        return "The estimate is on the boundary, where a standard error tells nothing: a profile interval does."
    return "The rows do not tell this from what else varies."
