"""How much varies, in the contract's words: the standard deviations of what varies, and their correlations."""

from itertools import combinations

import numpy as np

from service.contract import document as wire
from service.contract.request import FitOptions
from service.engine import FactorEstimates
from service.inference import spread_intervals
from service.report.findings import Findings


def variance_components(found: Findings, options: FitOptions) -> list[wire.VarianceComponent]:
    """A row for each coefficient of each factor, and the residual's."""
    rows: list[tuple[str, str | None, float]] = [
        (factor.factor.grouping.name, name, sd)
        for factor in found.factors
        for name, sd in zip(factor.factor.names, factor.sd.tolist(), strict=True)
    ]
    rows.append(("Residual", None, found.estimates.sigma))
    ends: list[tuple[float | None, float | None]] = [(None, None)] * len(rows)
    if options.intervals != "none":
        intervals = spread_intervals(found.fit, options.confidence_level, found.curvature)
        ends = [end for each in intervals for end in zip(each.low.tolist(), each.high.tolist(), strict=True)]
    return [
        wire.VarianceComponent(group=group, term=term, variance=_square(sd), std_dev=sd, conf_low=low, conf_high=high)
        for (group, term, sd), (low, high) in zip(rows, ends, strict=True)
    ]


def random_correlations(found: Findings) -> list[wire.RandomCorrelation]:
    """A row for each pair of coefficients of one term."""
    return [row for factor in found.factors for row in _correlations(factor)]


def _correlations(estimates: FactorEstimates) -> list[wire.RandomCorrelation]:
    factor = estimates.factor
    pairs = [pair for term in factor.terms for pair in combinations(range(term.start, term.stop), 2)]
    if not pairs:
        return []
    # Rounding may leave a correlation a little beyond 1.
    correlation = np.clip(estimates.correlation, -1.0, 1.0)
    return [
        wire.RandomCorrelation(
            group=factor.grouping.name,
            term_1=factor.names[i],
            term_2=factor.names[k],
            correlation=correlation[i, k],
        )
        for i, k in pairs
    ]


def _square(sd: float) -> float:
    """The square, inf where it overflows."""
    return sd * sd
