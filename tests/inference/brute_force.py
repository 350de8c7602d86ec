"""A witness: the posterior by its definition, with dense matrices and Gauss-Legendre panels over both standard deviations.

At every pair of standard deviations V = sigma_alpha^2 Z Z' + sigma^2 W^-1 is formed and inverted as it stands, n by n; the
density is |V|^-1/2 |X'V^-1 X|^-1/2 exp(-y'P y / 2) times the prior, and [beta, b] given y is normal with generalised
least squares and best linear unbiased predictions (Searle, Casella & McCulloch 1992, Variance Components, section 7.4).
None of the engine's algebra, of its coordinates or of its adaptive lattices is used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from service.arrays import Codes, Matrix, Vector
from service.design import Design

LogPrior = Callable[[Vector], Vector]
"""The log density of sigma_alpha, by sigma_alpha."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of standard deviations (N,) and how much of the posterior stands at each, which adds up to 1.

    `means` (N, p + J) and `covariances` (N, p + J, p + J) are those of the coefficients and the groups' deviations.
    """

    group_sd: Vector
    sigma: Vector
    mass: Vector
    means: Matrix
    covariances: Matrix

    def cumulative(self, combination: Vector, value: float, *, new_group: bool = False, noise: bool = False) -> float:
        """The probability that a combination (p + J,) of them, and a new group's deviation and noise, is less."""
        variance = np.einsum("i,nij,j->n", combination, self.covariances, combination)
        variance = variance + new_group * self.group_sd**2 + noise * self.sigma**2
        return float(self.mass @ ndtr((value - self.means @ combination) / np.sqrt(variance)))

    def mean(self, combination: Vector) -> float:
        return float(self.mass @ (self.means @ combination))

    def sd(self, combination: Vector) -> float:
        variance = np.einsum("i,nij,j->n", combination, self.covariances, combination)
        apart = self.means @ combination - self.mean(combination)
        return float(np.sqrt(self.mass @ (variance + apart**2)))


@dataclass(frozen=True, slots=True)
class Witness:
    """The model of a design, and the prior of sigma_alpha."""

    X: Matrix
    y: Vector
    weights: Vector
    Z: Matrix
    log_prior: LogPrior

    def log_density(self, log_sd: Vector, log_sigma: Vector) -> Vector:
        """The log posterior density by log sigma_alpha and log sigma, (N,) each."""
        inverse, P, _ = self._at(log_sd, log_sigma)
        logs = np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(self.X.T @ inverse @ self.X)[1]
        fit = 0.5 * logs - 0.5 * np.einsum("i,nij,j->n", self.y, P, self.y)
        # The prior of log sigma is flat, that of log sigma_alpha the prior of sigma_alpha times sigma_alpha.
        return np.asarray(fit + self.log_prior(np.exp(log_sd)) + log_sd)

    def pairs(self, log_sd: Vector, log_sigma: Vector, weights: Vector) -> Pairs:
        """The posterior at these pairs, which stand for intervals of these widths, (N,) each."""
        values = self.log_density(log_sd, log_sigma)
        mass = np.exp(values - values.max()) * weights
        inverse, P, covariance = self._at(log_sd, log_sigma)
        tau2 = np.exp(2.0 * log_sd)[:, None, None]
        beta = covariance @ self.X.T @ inverse @ self.y
        effects = (tau2 * self.Z.T @ P @ self.y[:, None])[..., 0]
        # Var(b | y) = tau^2 I - tau^4 Z'P Z, Cov(beta, b | y) = -(X'V^-1 X)^-1 X'V^-1 Z tau^2.
        own = tau2 * np.eye(self.Z.shape[1]) - tau2**2 * self.Z.T @ P @ self.Z
        cross = -covariance @ self.X.T @ inverse @ self.Z * tau2
        whole = np.concatenate(
            [np.concatenate([covariance, cross], axis=2), np.concatenate([cross.transpose(0, 2, 1), own], axis=2)],
            axis=1,
        )
        return Pairs(np.exp(log_sd), np.exp(log_sigma), mass / mass.sum(), np.hstack([beta, effects]), whole)

    def _at(self, log_sd: Vector, log_sigma: Vector) -> tuple[Matrix, Matrix, Matrix]:
        """V^-1 and P (N, n, n), and (X'V^-1 X)^-1 (N, p, p)."""
        V = np.exp(2.0 * log_sigma)[:, None, None] * np.diag(1.0 / self.weights)
        inverse = np.linalg.inv(V + np.exp(2.0 * log_sd)[:, None, None] * (self.Z @ self.Z.T))
        covariance = np.linalg.inv(self.X.T @ inverse @ self.X)
        taken = inverse @ self.X
        return inverse, inverse - taken @ covariance @ taken.transpose(0, 2, 1), covariance


def witness_of(design: Design, log_prior: LogPrior) -> Witness:
    """The model of a design with one varying intercept."""
    codes: Codes = design.random[0].grouping.codes
    return Witness(
        X=design.X.to_array(),
        y=design.y if design.offset is None else design.y - design.offset,
        weights=np.ones(design.n) if design.weights is None else design.weights,
        Z=np.eye(int(codes.max()) + 1)[codes],
        log_prior=log_prior,
    )


def panels(low: float, high: float, width: float, degree: int = 6) -> tuple[Vector, Vector]:
    """Gauss-Legendre nodes on panels of about this width from low to high, and their weights."""
    count = max(1, int(np.ceil((high - low) / width)))
    nodes, weights = np.polynomial.legendre.leggauss(degree)
    ends = np.linspace(low, high, count + 1)
    half = 0.5 * np.diff(ends)[:, None]
    return (ends[:-1, None] + half * (1.0 + nodes)).ravel(), (half * weights).ravel()


def crossed(a: tuple[Vector, Vector], b: tuple[Vector, Vector]) -> tuple[Vector, Vector, Vector]:
    """All pairs of two sets of nodes, and the products of their weights."""
    first, second = np.meshgrid(a[0], b[0], indexing="ij")
    return first.ravel(), second.ravel(), np.outer(a[1], b[1]).ravel()
