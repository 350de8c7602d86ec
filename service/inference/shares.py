"""Shares of variance: the intraclass correlation and R squared (Nakagawa & Schielzeth 2013, Methods Ecol. Evol. 4)."""

from dataclasses import dataclass

import numpy as np

from service.engine import Estimates


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of variance from 0 to 1; nan where nothing varies at all.

    `icc` leaves out what the coefficients explain; `icc_conditional` counts it in the total.
    """

    icc: float
    icc_conditional: float
    r2_marginal: float
    r2_conditional: float


def shares(estimates: Estimates) -> Shares:
    """The shares of variance between groups, and explained by coefficients and groups."""
    if np.isinf(estimates.group_sd):
        return Shares(1.0, 1.0, 0.0, 1.0)
    parts = np.array([estimates.group_sd, estimates.sigma, estimates.fixed_sd])
    largest = parts.max()
    # Squared in units of the largest, they neither overflow nor vanish.
    group, residual, fixed = (parts / largest) ** 2 if largest > 0 else np.zeros(3)
    total = group + residual + fixed
    return Shares(
        icc=_share(group, group + residual),
        icc_conditional=_share(group, total),
        r2_marginal=_share(fixed, total),
        r2_conditional=_share(fixed + group, total),
    )


def _share(part: float, total: float) -> float:
    return float(part / total) if total > 0 else float("nan")
