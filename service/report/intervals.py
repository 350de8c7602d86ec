"""The intervals of all parameters in the contract's words, and why some have no end."""

import math
from collections.abc import Iterator

import numpy as np

from service.contract import intervals as wire
from service.contract.request import FitOptions
from service.design import Design
from service.engine import Fit
from service.report.findings import Findings, findings_of
from service.report.spreads import correlations_of, spreads_of

ON_THE_BOUNDARY = 1.0 - 1e-9
"""Absolute correlation from which it lies on the boundary."""


def interval_table(design: Design, fit: Fit, options: FitOptions, method: wire.IntervalMethod) -> wire.IntervalTable:
    """The intervals of a fit's parameters; `options.intervals` is the method."""
    found = findings_of(design, fit, options)
    return wire.IntervalTable(
        method=method, confidence_level=options.confidence_level, intervals=list(_rows(found, method))
    )


def _rows(found: Findings, method: wire.IntervalMethod) -> Iterator[wire.ParameterInterval]:
    """A row for each parameter."""
    known = found.intervals
    if known is None:
        return

    def row(
        parameter: wire.Parameter, estimate: float, ends: list[float], *names: str | None
    ) -> wire.ParameterInterval:
        low, high = ends
        missing = math.isnan(low) or math.isnan(high)
        return wire.ParameterInterval(
            parameter=parameter,
            group=names[0],
            term=names[1],
            term_2=names[2],
            estimate=estimate,
            conf_low=low,
            conf_high=high,
            reason=_reason(found, method, parameter, estimate) if missing else None,
        )

    for name, estimate, ends in zip(found.names, found.estimates.beta.tolist(), known.fixed.tolist(), strict=True):
        yield row("fixed_effect", estimate, ends, None, name, None)
    for (group, term, sd), ends in zip(spreads_of(found), np.vstack(known.spreads).tolist(), strict=True):
        yield row("std_dev", sd, ends, group, term, None)
    for (group, first, second, r), ends in zip(
        correlations_of(found), np.vstack(known.correlations).tolist(), strict=True
    ):
        yield row("correlation", r, ends, group, first, second)
    yield row("icc", found.shares.icc, known.icc.tolist(), None, None, None)


def _reason(found: Findings, method: wire.IntervalMethod, parameter: wire.Parameter, estimate: float) -> str:
    """Why an interval lacks an end."""
    fit = found.fit
    if fit.is_flat:
        return "The rows do not tell the variance between groups from that within."
    if fit.model is None and (method == "profile" or parameter != "fixed_effect"):
        return "Without pooling or without noise the criterion has no value, and no parameter a profile."
    if fit.held and parameter in {"correlation", "icc"}:
        return "theta is held: what it alone determines is not estimated."
    if parameter == "std_dev" and estimate == 0.0 and (fit.held or method == "wald"):
        return _at_zero(fit)
    if method == "wald" and parameter == "correlation" and not abs(estimate) < ON_THE_BOUNDARY:
        return "The estimate lies on the boundary, where a standard error says nothing: ask for method=profile."
    if method == "wald" and parameter == "icc" and not estimate > 0.0:
        return "The estimate is 0, on the boundary, where a standard error says nothing: ask for method=profile."
    if parameter == "icc" and not (estimate > 0.0 and method == "wald"):
        return "Of the coefficients of a term some count in this share and others do not: it has no profile."
    if method == "profile":
        return "The criterion does not rise enough in this direction: the data do not bound the parameter there."
    return "The data do not tell this parameter from others."


def _at_zero(fit: Fit) -> str:
    if fit.held:
        return "theta is held at 0, so that this does not vary."
    return "The estimate is 0, on the boundary, where a standard error says nothing: ask for method=profile."
