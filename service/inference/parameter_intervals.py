"""Intervals of every parameter of a fit, whichever way they were found."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from service.arrays import Matrix, Vector
from service.engine import FactorEstimates


@dataclass(frozen=True, slots=True)
class ParameterIntervals:
    """The ends, low and high, of the intervals of a fit's parameters; nan where there is none.

    `fixed` (p, 2) those of the coefficients; `spreads` those of each factor's standard deviations (q, 2), and of the
    residual's (1, 2) last; `correlations` those of each factor, a row for each pair of coefficients of one term, term
    by term, in the order of itertools.combinations; `icc` (2,) those of the adjusted intraclass correlation.
    """

    fixed: Matrix
    spreads: tuple[Matrix, ...]
    correlations: tuple[Matrix, ...]
    icc: Vector


def pairs_of(factor: FactorEstimates) -> Iterator[tuple[int, int]]:
    """The pairs of coefficients of one term, term by term: those that are correlated."""
    return (pair for term in factor.factor.terms for pair in combinations(range(term.start, term.stop), 2))
