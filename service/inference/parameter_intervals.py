"""Intervals of every parameter of a fit, whichever way they were found."""

import math
from dataclasses import dataclass

from service.arrays import Matrix, Vector


@dataclass(frozen=True, slots=True)
class ParameterIntervals:
    """The ends, low and high, of the intervals of a fit's parameters; nan where there is none.

    `fixed` (p, 2) those of the coefficients; `spreads` those of each factor's standard deviations (q, 2), and of the
    residual's (1, 2) last; `correlations` those of each factor, a row for each pair of coefficients of one term, term
    by term, in the order of RandomFactor.pairs; `icc` (2,) those of the adjusted intraclass correlation.
    """

    fixed: Matrix
    spreads: tuple[Matrix, ...]
    correlations: tuple[Matrix, ...]
    icc: Vector

    @property
    def are_whole(self) -> bool:
        """Whether no end of any is missing."""
        parts = (self.fixed, *self.spreads, *self.correlations, self.icc)
        return not any(math.isnan(end) for ends in parts for end in ends.ravel().tolist())
