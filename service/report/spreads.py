"""How much varies, in the contract's words: the standard deviations of what varies, and their correlations."""

from collections.abc import Iterable

import numpy as np

from service.arrays import Matrix
from service.contract import document as wire
from service.engine import FactorEstimates
from service.report.findings import Findings


def variance_components(found: Findings) -> list[wire.VarianceComponent]:
    """A row for each coefficient of each factor, and the residual's."""
    rows = spreads_of(found)
    ends = ends_of(None if found.intervals is None else found.intervals.spreads, len(rows))
    return [
        wire.VarianceComponent(group=group, term=term, variance=_square(sd), std_dev=sd, conf_low=low, conf_high=high)
        for (group, term, sd), (low, high) in zip(rows, ends, strict=True)
    ]


def spreads_of(found: Findings) -> list[tuple[str, str | None, float]]:
    """The group, the term and the standard deviation of what varies, the residuals last."""
    rows: list[tuple[str, str | None, float]] = [
        (factor.factor.grouping.name, name, sd)
        for factor in found.factors
        for name, sd in zip(factor.factor.names, factor.sd.tolist(), strict=True)
    ]
    return [*rows, ("Residual", None, found.estimates.sigma)]


def random_correlations(found: Findings) -> list[wire.RandomCorrelation]:
    """A row for each pair of coefficients of one term."""
    rows = correlations_of(found)
    known = None if found.intervals is None else found.intervals.correlations
    return [
        wire.RandomCorrelation(
            group=group, term_1=first, term_2=second, correlation=correlation, conf_low=low, conf_high=high
        )
        for (group, first, second, correlation), (low, high) in zip(rows, ends_of(known, len(rows)), strict=True)
    ]


def correlations_of(found: Findings) -> list[tuple[str, str, str, float]]:
    """The group, the pair of one term and the correlation of what varies together."""
    return [row for factor in found.factors for row in _correlations(factor)]


def _correlations(estimates: FactorEstimates) -> list[tuple[str, str, str, float]]:
    """The pairs of one term of a factor, and their correlation."""
    factor, group = estimates.factor, estimates.factor.grouping.name
    pairs = factor.pairs
    if not pairs:
        return []
    # Rounding may leave a correlation a little beyond 1.
    correlation = np.clip(estimates.correlation, -1.0, 1.0)
    return [(group, factor.names[i], factor.names[k], float(correlation[i, k])) for i, k in pairs]


def ends_of(intervals: Iterable[Matrix] | None, rows: int) -> list[tuple[float | None, float | None]]:
    """The ends of each interval, those of all parts (m, 2) in a row; as many of none if none were wanted."""
    if intervals is None:
        return [(None, None)] * rows
    return [(low, high) for part in intervals for low, high in part.tolist()]


def _square(sd: float) -> float:
    """The square, inf where it overflows."""
    return sd * sd
