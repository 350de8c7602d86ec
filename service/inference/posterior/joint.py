"""The joint posterior density of the two standard deviations.

By sigma_alpha, the groups' standard deviation, and log sigma it is

    f = exp(log_factor(theta) - nu log sigma - rho(theta) / (2 sigma^2)) pi(sigma_alpha),   theta = sigma_alpha / sigma

with the factors of engine/scalar/solutions.py, nu = n - p and pi the prior; by theta and log sigma it is sigma f. All
is in units of the basis.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.engine.scalar.criterion import Criterion
from service.engine.scalar.solutions import likelihoods
from service.inference.posterior.axes import CUT, Axis
from service.inference.posterior.priors import Prior
from service.inference.posterior.propriety import Tails

BISECTIONS = 40
"""Halvings that find the end of a window, sixty times as wide as its scale at first, to more digits than it needs."""


@dataclass(frozen=True, slots=True)
class Joint:
    """The density f: the likelihood is that of `criterion`."""

    criterion: Criterion
    prior: Prior
    tails: Tails

    @property
    def nu(self) -> int:
        """The degrees of freedom n - p."""
        return self.criterion.nu

    def log_density(self, log_factor: Matrix, rho: Matrix, log_sd: Matrix, log_sigma: Matrix) -> Matrix:
        """The logarithm of f where the likelihood has these factors, sigma_alpha and sigma these logarithms."""
        fit = log_factor - self.nu * log_sigma - 0.5 * rho * np.exp(-2.0 * log_sigma)
        return np.asarray(fit + self.prior.log_density(log_sd))


@dataclass(frozen=True, slots=True)
class Ridge:
    """The density along an axis of theta with K nodes: by log sigma it is concave, and largest at `middle` (K,)."""

    joint: Joint
    axis: Axis
    log_factor: Vector
    rho: Vector
    middle: Vector

    def log_density(self, offsets: Matrix) -> Matrix:
        """The log density (K, L) by the axis and log sigma, the latter this much, (K, L) or (L,), off its peak."""
        log_sigma = self.middle[:, None] + offsets
        with np.errstate(divide="ignore"):
            log_sd = np.log(self.axis.values)[:, None] + log_sigma
        f = self.joint.log_density(self.log_factor[:, None], self.rho[:, None], log_sd, log_sigma)
        return f + log_sigma + self.axis.log_slopes[:, None]

    @property
    def height(self) -> Vector:
        """The log density at its peaks (K,)."""
        return self.log_density(np.zeros(1))[:, 0]

    def window(self) -> tuple[float, float]:
        """The offsets between which the density, or what moments are sums of, is within CUT of its largest value."""
        level, order = float(self.height.max()) - CUT, self.joint.tails.moments(grows=False)

        def is_inside(offsets: Vector) -> Flags:
            lifted = self.log_density(offsets[:, None])[:, 0] + order * np.maximum(offsets, 0.0)
            return np.asarray(lifted > level)

        low, high = (_edge(is_inside, np.full(self.middle.size, reach)) for reach in (-2.0 * CUT, 2.0 * CUT))
        return float(low.min()), float(high.max())


def ridge_of(joint: Joint, axis: Axis) -> Ridge:
    """The density along an axis of theta."""
    log_factor, rho = likelihoods(joint.criterion, axis.values**2)
    precision = joint.prior.modal_precision(axis.values, rho, joint.nu - 1.0)
    return Ridge(joint, axis, log_factor, rho, -0.5 * np.log(precision))


def _edge(is_inside: Callable[[Vector], Flags], outside: Vector) -> Vector:
    """The farthest offsets (K,) between 0 and `outside` that are inside; 0 where none is."""
    inside = np.zeros_like(outside)
    for _ in range(BISECTIONS):
        between = 0.5 * (inside + outside)
        kept = is_inside(between)
        inside, outside = np.where(kept, between, inside), np.where(kept, outside, between)
    return inside
