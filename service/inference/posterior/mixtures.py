"""Mixtures of normal distributions, of many quantities at once: their moments and quantiles."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from service.arrays import Matrix, Vector

AT_ONCE = 250_000
"""Numbers, quantities times nodes, that are worked on at once: they stay in the cache."""

UNLIKELY = 1e-12
"""Weight of a node that a quantile does without; moments may need it, as it may lie far out."""

STEPS = 100
"""Newton's method takes 2 to 6 steps; bisection alone would find half of the digits within this many."""

CLOSE = 1e-8
"""A normal deviate as close as this leaves less than half of that as an error of the probability."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes in K rows with L values of `sigma` (K, L) each, and their `weight` (K, L), which adds up to 1."""

    sigma: Matrix
    weight: Matrix


@dataclass(frozen=True, slots=True)
class Mixtures:
    """F quantities that are normal at each node: `means` (F, K), and `scales` (F, K) times sigma their sds."""

    nodes: Nodes
    means: Matrix
    scales: Matrix

    def mean(self) -> Vector:
        """The means (F,)."""
        return np.asarray(self.means @ self.nodes.weight.sum(axis=1))

    def sd(self) -> Vector:
        """The standard deviations (F,)."""
        weight = self.nodes.weight
        within = self.scales**2 @ (weight * self.nodes.sigma**2).sum(axis=1)
        apart = (self.means - self.mean()[:, None]) ** 2 @ weight.sum(axis=1)
        return np.asarray(np.sqrt(within + apart))

    def quantiles(self, tail: float, *, upper: bool = False) -> Vector:
        """The quantities (F,) below which, or above which, this probability lies."""
        sign = -1.0 if upper else 1.0
        row, column = np.nonzero(self.nodes.weight > UNLIKELY)
        sigma, weight = self.nodes.sigma[row, column], self.nodes.weight[row, column]
        at_once = max(1, AT_ONCE // row.size)
        found = np.empty(len(self.means))
        for start in range(0, found.size, at_once):
            some = slice(start, start + at_once)
            means, sds = sign * self.means[some, row], self.scales[some, row] * sigma
            found[some] = sign * _quantiles(means, sds, weight, tail)
        return found


def _quantiles(means: Matrix, sds: Matrix, weights: Vector, tail: float) -> Vector:
    """The quantiles (F,) of mixtures with these means and sds (F, N).

    By Newton's method for the normal deviate of the cumulative probability, which is nearly linear; each step that
    leaves what is known to hold the quantile is replaced by a bisection.
    """
    z = float(ndtri(tail))
    of_nodes = means + z * sds
    low, high = of_nodes.min(axis=1), of_nodes.max(axis=1)
    # Near the quantile of the normal distribution with the same mean and, but for heavy tails, the same sd.
    middle = means @ weights
    apart = np.square(means - middle[:, None]) @ weights
    at = middle + z * np.sqrt(np.exp(2.0 * (np.log(sds) @ weights)) + apart)
    for _ in range(STEPS):
        at = np.where((at > low) & (at < high), at, 0.5 * (low + high))
        standardised = (at[:, None] - means) / sds
        deviate = ndtri(ndtr(standardised) @ weights)
        density = (np.exp(-0.5 * standardised**2) / sds) @ weights
        if (np.abs(deviate - z) <= CLOSE).all():
            break
        low, high = np.where(deviate < z, at, low), np.where(deviate > z, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            # d deviate / dx is the density over that of the normal distribution, both without their common factor.
            at = at + (z - deviate) * np.exp(-0.5 * deviate**2) / density
    return np.asarray(at)
