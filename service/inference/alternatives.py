"""A multilevel model and the alternatives to it: complete pooling, no pooling, and its own limits."""

from dataclasses import dataclass

import numpy as np

from service import engine
from service.design import Design
from service.engine import Fit
from service.engine.refusals import require_fittable
from service.engine.sharing import folded_plainly
from service.errors import NotFinite, TooManyParameters
from service.inference.classical import Regression, complete_pooling, group_indicators
from service.inference.decomposition import Decomposition, decompose
from service.inference.separate import SeparateRegressions, separate_regressions


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The multilevel model, the classical regressions on either side of it, and its own limits.

    `without` is the limit theta -> infinity, None where it leaves no row to estimate sigma from; `separate` is None
    unless it was asked for and fits in memory.
    """

    partial: Fit
    complete: Regression
    indicators: Regression
    separate: SeparateRegressions | None
    groups: Decomposition
    pooled: Fit
    without: Fit | None


def alternatives(design: Design, *, restricted: bool, separately: bool) -> Alternatives:
    """The model of a design whose one random effect is a varying intercept, and its alternatives.

    Raises as a fit does.
    """
    require_fittable(design)
    known = folded_plainly(design)
    partial = engine.fit(design, restricted=restricted, known=known)
    products = partial.estimates.products
    try:
        complete, indicators = complete_pooling(products), group_indicators(products)
    except (np.linalg.LinAlgError, ArithmeticError):
        raise NotFinite(
            "The columns of this model, or their products, are so large, so small or so alike that double precision "
            "cannot hold a classical regression of them: shift and scale them."
        ) from None
    try:
        without = engine.fit(design, restricted=restricted, theta=[np.inf], known=known)
    except TooManyParameters:
        without = None
    return Alternatives(
        partial=partial,
        complete=complete,
        indicators=indicators,
        separate=separate_regressions(design, known[0].fixed, partial.estimates) if separately else None,
        groups=decompose(partial.estimates, complete, indicators),
        pooled=engine.fit(design, restricted=restricted, theta=[0.0], known=known),
        without=without,
    )


def distance(limit: Fit, regression: Regression) -> float:
    """The largest difference of the coefficients that both tell, in standard errors; nan where there are none."""
    known = (regression.std_error > 0) & np.isfinite(limit.estimates.std_error)
    if not known.any():
        return np.nan
    apart = np.abs(limit.estimates.beta - regression.beta)[known] / regression.std_error[known]
    return float(apart.max())
