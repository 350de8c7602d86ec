"""Priors of the groups' standard deviation: flat, or half of a t or a normal distribution around 0.

The coefficients and the logarithm of the residual standard deviation have flat priors always (Gelman 2006, Bayesian
Analysis 1(3), sections 2.2 and 5).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Vector


@dataclass(frozen=True, slots=True)
class Prior:
    """Half a t distribution with this scale and these degrees of freedom, of which the others are limits.

    `log_scale` is the logarithm of the scale, infinite for the uniform prior; `df` is infinite for half a normal.
    """

    log_scale: float = math.inf
    df: float = math.inf

    @property
    def is_uniform(self) -> bool:
        """Whether the density is the same everywhere, and has no integral."""
        return self.log_scale == math.inf

    @property
    def tail(self) -> float:
        """The density falls as sd^-(tail + 1) where the sd is large."""
        return -1.0 if self.is_uniform else self.df

    def in_units(self, unit: float) -> "Prior":
        """The prior of the standard deviation measured in these units."""
        return replace(self, log_scale=self.log_scale - math.log(unit))

    def log_density(self, log_sd: Vector) -> Vector:
        """The log density, by the sd, at these logarithms of it, but for a constant."""
        if self.is_uniform:
            return np.zeros_like(log_sd)
        with np.errstate(over="ignore"):
            square = np.exp(2.0 * (log_sd - self.log_scale))
        if math.isinf(self.df):
            return -0.5 * square
        return -0.5 * (self.df + 1.0) * np.log1p(square / self.df)

    def modal_precision(self, theta: Vector, rho: Vector, power: float) -> Vector:
        """1 / sigma^2, (G,), where sigma^-power exp(-rho / (2 sigma^2)) times the density at theta sigma is largest.

        By log sigma the slope of that vanishes where rho E - power = pull for E = 1 / sigma^2. With q = theta^2 in
        units of the prior's scale the pull is q / E for half a normal, (df + 1) q / (df E + q) for half a t: a
        quadratic equation either way.
        """
        if self.is_uniform:
            return power / rho
        q = np.square(theta * math.exp(-self.log_scale))
        if math.isinf(self.df):
            return (power + np.sqrt(power**2 + 4.0 * rho * q)) / (2.0 * rho)
        q = q / self.df
        half, constant = 0.5 * (power - rho * q), rho * (power + self.df + 1.0) * q
        root = np.sqrt(half**2 + constant)
        # The form without a difference of nearly equal numbers.
        return np.where(half > 0, half + root, constant / np.where(half > 0, 1.0, root - half)) / rho
