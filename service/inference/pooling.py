"""How far groups are pulled toward the mean, and which group is large enough to resist."""

from dataclasses import dataclass

import numpy as np

from service.engine import Estimates

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


def pooling(estimates: Estimates) -> Pooling:
    """The pooling of a fit with one varying intercept."""
    ratio = estimates.theta**2
    equivalent = 1.0 / ratio if ratio > 0 else np.inf
    sizes = estimates.weights
    margin = TIE * equivalent if np.isfinite(equivalent) else 0.0
    return Pooling(
        variance_ratio=float(ratio),
        equivalent_n=float(equivalent),
        below=int(np.count_nonzero(sizes < equivalent - margin)),
        above=int(np.count_nonzero(sizes > equivalent + margin)),
        mean_weight=float(estimates.weight.mean()),
    )
