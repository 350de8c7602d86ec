"""How far groups are pulled toward the mean, and which group is large enough to resist."""

from dataclasses import dataclass

import numpy as np

from service.engine import FactorEstimates

TIE = 1e-9
"""Relative difference below which a group's size equals the equivalent n: such a group is neither below nor above."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """The variance ratio sigma_alpha^2 / sigma_y^2 and its inverse, in rows (or units of weight).

    `below` and `above` count the groups smaller and larger than `equivalent_n`; inf where the ratio is zero.
    """

    variance_ratio: float
    equivalent_n: float
    below: int
    above: int
    mean_weight: float


def pooling(estimates: FactorEstimates) -> Pooling | None:
    """The pooling of a factor whose one coefficient is a varying intercept; None of others.

    Beside other factors, it is what the groups' sizes alone would do: how far a group is pulled were the effects of the
    other factors known.
    """
    if estimates.weight is None:
        return None
    theta = float(estimates.root[0, 0])
    ratio = theta * theta
    equivalent = 1.0 / ratio if ratio > 0 else np.inf
    sizes = estimates.weights
    margin = TIE * equivalent if np.isfinite(equivalent) else 0.0
    return Pooling(
        variance_ratio=ratio,
        equivalent_n=equivalent,
        below=int(np.count_nonzero(sizes < equivalent - margin)),
        above=int(np.count_nonzero(sizes > equivalent + margin)),
        mean_weight=float(estimates.weight.sum()) / sizes.size,
    )
