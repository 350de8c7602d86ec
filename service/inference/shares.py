"""Shares of variance: the intraclass correlation and R squared (Nakagawa & Schielzeth 2013, Methods Ecol. Evol. 4).

The variance of a random factor is the mean over the rows of z' Cov z, so that varying slopes count by the values that
their predictors have (Johnson 2014, Methods Ecol. Evol. 5).
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from service.design import INTERCEPT
from service.engine import Estimates, FactorEstimates


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of variance from 0 to 1; nan where nothing varies at all.

    `icc` leaves out what the coefficients explain and is the sum of `by_factor`; `icc_conditional` counts it in the
    total.
    """

    icc: float
    icc_conditional: float
    by_factor: tuple[float, ...]
    r2_marginal: float
    r2_conditional: float


def shares(estimates: Estimates) -> Shares:
    """The shares of variance between groups, and explained by coefficients and groups: all that varies counts."""
    return _shares(estimates, [factor.mean_sd for factor in estimates.factors])


def customary_shares(estimates: Estimates, fixed_terms: Collection[str]) -> Shares:
    """The shares as R's performance has them.

    Of each factor the first term counts, and of that the intercept and what has a fixed effect as well: a slope that
    varies around 0 would inflate what lies between groups (Lüdecke et al. 2021, J. Open Source Softw. 6(60)).
    """
    return _shares(estimates, [_spread(estimates, place, fixed_terms) for place in range(len(estimates.factors))])


def customary_terms(factor: FactorEstimates, fixed_terms: Collection[str]) -> list[int]:
    """Which coefficients of a factor count in its customary shares."""
    names, first = factor.factor.names, factor.factor.terms[0]
    return [k for k in range(first.stop) if names[k] == INTERCEPT or names[k] in fixed_terms]


def _spread(estimates: Estimates, place: int, fixed_terms: Collection[str]) -> float:
    """The root of the mean over the rows of z' Cov z, for what counts of the factor at `place`."""
    factor, own = estimates.factors[place], estimates.products.factors[place]
    counted = customary_terms(factor, fixed_terms)
    if len(counted) == len(factor.sd):
        return factor.mean_sd
    if not counted:
        return 0.0
    largest = float(factor.sd[counted].max())
    if largest == 0.0:
        return 0.0
    spread = np.zeros_like(factor.spread)
    spread[counted] = factor.spread[counted] / largest
    in_basis = np.linalg.solve(own.basis.transform, spread)
    mean_square = float((in_basis * (own.mean_squares @ in_basis)).sum()) / estimates.n
    return largest * math.sqrt(max(mean_square, 0.0))


def _shares(estimates: Estimates, spreads: Sequence[float]) -> Shares:
    """The shares where the factors have these standard deviations over the rows."""
    if any(map(math.isinf, spreads)):
        return Shares(1.0, 1.0, tuple(float(math.isinf(spread)) for spread in spreads), 0.0, 1.0)
    parts = (*spreads, estimates.sigma, estimates.fixed_sd)
    largest = max(parts)
    # Squared in units of the largest, they neither overflow nor vanish.
    *groups, residual, fixed = [(part / largest) ** 2 if largest > 0 else 0.0 for part in parts]
    between = sum(groups)
    total = between + residual + fixed
    return Shares(
        icc=_share(between, between + residual),
        icc_conditional=_share(between, total),
        by_factor=tuple(_share(square, between + residual) for square in groups),
        r2_marginal=_share(fixed, total),
        r2_conditional=_share(fixed + between, total),
    )


def _share(part: float, total: float) -> float:
    return part / total if total > 0 else float("nan")
