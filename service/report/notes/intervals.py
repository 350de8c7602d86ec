"""Notes on intervals that are not there."""

import math
from collections.abc import Iterator
from itertools import groupby

from service.contract.intervals import ParameterInterval
from service.report.findings import Findings
from service.report.intervals import intervals_of
from service.report.notes.identification import is_unidentified
from service.report.notes.wording import MOST_NAMED, Remark, listed


def intervals_missing(found: Findings) -> Iterator[Remark]:
    """Parameters that are estimated have no interval, or one without an end, and no other note says so."""
    if found.fit.model is None or found.fit.held or is_unidentified(found):
        return
    if found.intervals is None or found.intervals.are_whole:
        return
    missing = [
        interval
        for interval in intervals_of(found)
        if interval.reason is not None and not (found.method == "wald" and _is_told_elsewhere(interval))
    ]
    for reason, together in groupby(sorted(missing, key=_reason), key=_reason):
        names = [_name(interval) for interval in together]
        yield Remark(
            "intervals_missing",
            f"An end of the {found.method} interval does not exist for {listed(names)}. {reason}",
            {"method": found.method, "parameters": names[:MOST_NAMED]},
        )


def _is_told_elsewhere(interval: ParameterInterval) -> bool:
    """Whether the notes on variances that are zero, left out or unidentified say that there is no Wald interval."""
    estimate = math.nan if interval.estimate is None else interval.estimate
    correlated = interval.parameter == "correlation" and not math.isnan(estimate)
    return not (correlated or (interval.parameter == "icc" and estimate > 0.0))


def _reason(interval: ParameterInterval) -> str:
    return interval.reason or ""


def _name(interval: ParameterInterval) -> str:
    """What an interval is of."""
    if interval.parameter == "icc":
        return "the adjusted ICC"
    terms = " and ".join(term for term in (interval.term, interval.term_2) if term is not None)
    kind = {"fixed_effect": "", "std_dev": "the sd of ", "correlation": "the correlation of "}[interval.parameter]
    return f"{kind}{terms or interval.group}"
