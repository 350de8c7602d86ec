"""Mixtures of normal distributions, of many quantities at once: their moments and quantiles."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from service.arrays import Codes, Matrix, Vector

AT_ONCE = 250_000
"""Numbers, quantities times nodes, that are worked on at once: they stay in the cache."""

STEPS = 100
"""Newton's method takes 2 to 6 steps; bisection alone would find half of the digits within this many."""

UNLIKELY = 1e-12
"""Weight of a node that a quantile does without; moments may need it, as it may lie far out."""

CLOSE = 1e-5
"""A deviate as close as this leaves, after one more step, an error of its square."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """N nodes with a value of theta and of sigma each.

    `ratio` (N,) is the place of theta among the K values that there are, `sigma` and `weight` (N,); the weights add
    up to 1.
    """

    ratio: Codes
    sigma: Vector
    weight: Vector


@dataclass(frozen=True, slots=True)
class Mixtures:
    """F quantities that are normal at each node: `means` (F, K), and `scales` (F, K) times sigma their sds."""

    nodes: Nodes
    means: Matrix
    scales: Matrix

    def mean(self) -> Vector:
        """The means (F,)."""
        by_ratio = np.bincount(self.nodes.ratio, self.nodes.weight, self.means.shape[1])
        return np.asarray(self.means @ by_ratio)

    def sd(self) -> Vector:
        """The standard deviations (F,)."""
        nodes, count = self.nodes, self.means.shape[1]
        by_ratio = np.bincount(nodes.ratio, nodes.weight, count)
        within = self.scales**2 @ np.bincount(nodes.ratio, nodes.weight * nodes.sigma**2, count)
        apart = (self.means - self.mean()[:, None]) ** 2 @ by_ratio
        return np.asarray(np.sqrt(within + apart))

    def quantiles(self, tail: float, *, upper: bool = False) -> Vector:
        """The quantities (F,) below which, or above which, this probability lies."""
        sign = -1.0 if upper else 1.0
        likely = np.flatnonzero(self.nodes.weight > UNLIKELY)
        ratio, sigma, weight = self.nodes.ratio[likely], self.nodes.sigma[likely], self.nodes.weight[likely]
        at_once = max(1, AT_ONCE // likely.size)
        found = np.empty(len(self.means))
        for start in range(0, found.size, at_once):
            some = slice(start, start + at_once)
            means, sds = sign * self.means[some, ratio], self.scales[some, ratio] * sigma
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
        low, high = np.where(deviate < z, at, low), np.where(deviate > z, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            # d deviate / dx is the density over that of the normal distribution, both without their common factor.
            at = at + (z - deviate) * np.exp(-0.5 * deviate**2) / density
        if (np.abs(deviate - z) <= CLOSE).all():
            break
    return np.clip(at, low, high)
