"""A witness: the posterior by its definition, with dense matrices and Gauss-Legendre panels over both logarithms.

At every pair of standard deviations V = sigma_alpha^2 Z Z' + sigma^2 W^-1 is factorised as it stands, n by n; the
density is |V|^-1/2 |X'V^-1 X|^-1/2 exp(-y'P y / 2) times the prior, and [beta, b] given y is normal with generalised
least squares and best linear unbiased predictions (Searle, Casella & McCulloch 1992, Variance Components, section 7.4).
None of the engine's algebra, of its coordinates or of the adaptive lattices is used.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from scipy.special import ndtr

from service.arrays import Matrix, Vector
from service.design import Design

LogPrior = Callable[[Vector], Vector]
"""The log density of sigma_alpha, by sigma_alpha."""

DEGREE, WIDTH = 8, 0.5
"""Nodes and width of a panel: what varies as a normal density with an sd of a third is a polynomial there to 1e-8."""


@dataclass(frozen=True, slots=True)
class Line:
    """Panels from `low` on, their nodes (N,) and weights (N,).

    With `from_zero` the line is the logarithm of a quantity whose density, by the quantity, is flat below `low`: by the
    logarithm all that lies there is as much as the density at `low`, a node more in front.
    """

    low: float
    width: float
    nodes: Vector
    weights: Vector
    from_zero: bool

    def below(self, density: Vector, value: float) -> float:
        """The integral of a density, given at the nodes (N,), up to a value, by polynomials on the panels."""
        first = int(self.from_zero)
        panel = min(int((value - self.low) / self.width), (self.nodes.size - first) // DEGREE - 1)
        whole = slice(0, first + panel * DEGREE)
        own = slice(whole.stop, whole.stop + DEGREE)
        start = self.low + panel * self.width
        series = legendre.legfit(2.0 * (self.nodes[own] - start) / self.width - 1.0, density[own], DEGREE - 1)
        part = legendre.legval(2.0 * (value - start) / self.width - 1.0, legendre.legint(series, lbnd=-1))
        return float(self.weights[whole] @ density[whole] + 0.5 * self.width * part)


def line(low: float, high: float, *, from_zero: bool = False) -> Line:
    """Panels from low to high, or a little less wide."""
    count = math.ceil((high - low) / WIDTH)
    width = (high - low) / count
    places, weights = legendre.leggauss(DEGREE)
    nodes = (low + width * (np.arange(count)[:, None] + 0.5 * (1.0 + places))).ravel()
    all_weights = np.tile(0.5 * width * weights, count)
    if from_zero:
        nodes, all_weights = np.append(low, nodes), np.append(1.0, all_weights)
    return Line(low, width, nodes, all_weights, from_zero)


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
        variance = self.variance(combination) + new_group * self.group_sd**2 + noise * self.sigma**2
        return float(self.mass @ ndtr((value - self.means @ combination) / np.sqrt(variance)))

    def mean(self, combination: Vector) -> float:
        """The mean of a combination (p + J,) of them."""
        return float(self.mass @ (self.means @ combination))

    def sd(self, combination: Vector) -> float:
        """The standard deviation of a combination (p + J,) of them."""
        apart = self.means @ combination - self.mean(combination)
        return float(np.sqrt(self.mass @ (self.variance(combination) + apart**2)))

    def variance(self, combination: Vector) -> Vector:
        """The variances (N,) of a combination given both standard deviations."""
        # Where sigma_alpha is a million times sigma rounding may leave less than nothing; no mass is there.
        variance: Vector = np.einsum("i,nij,j->n", combination, self.covariances, combination)
        return np.maximum(variance, 1e-12 * self.sigma**2)


@dataclass(frozen=True, slots=True)
class Witness:
    """The model of a design, and the prior of sigma_alpha."""

    X: Matrix
    y: Vector
    weights: Vector
    Z: Matrix
    log_prior: LogPrior

    def log_density(self, log_sd: Matrix, log_sigma: Matrix) -> Matrix:
        """The log posterior density by log sigma_alpha and log sigma, of any shape."""
        pairs = np.broadcast_arrays(log_sd, log_sigma)
        V = self._covariance(*(each.ravel() for each in pairs))
        taken = np.linalg.solve(V, np.broadcast_to(np.column_stack([self.X, self.y]), (len(V), *self._shape)))
        products = np.column_stack([self.X, self.y]).T @ taken
        XX, Xy, yy = products[:, :-1, :-1], products[:, :-1, -1:], products[:, -1, -1]
        rho = yy - (Xy * np.linalg.solve(XX, Xy)).sum(axis=(1, 2))
        fit = -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(XX)[1] + rho)
        # The prior of log sigma is flat, that of log sigma_alpha the prior of sigma_alpha times sigma_alpha.
        return np.asarray(fit.reshape(pairs[0].shape) + self.log_prior(np.exp(log_sd)) + log_sd)

    def pairs(self, sds: Line, sigmas: Line) -> Pairs:
        """The posterior at all pairs of the nodes of two lines."""
        values = self.log_density(sds.nodes[:, None], sigmas.nodes)
        mass = np.exp(values - values.max()) * np.outer(sds.weights, sigmas.weights)
        log_sd, log_sigma = (each.ravel() for each in np.meshgrid(sds.nodes, sigmas.nodes, indexing="ij"))
        inverse = np.linalg.inv(self._covariance(log_sd, log_sigma))
        covariance = np.linalg.inv(self.X.T @ inverse @ self.X)
        beta = covariance @ (self.X.T @ (inverse @ self.y)[..., None])
        tau2 = np.exp(2.0 * log_sd)[:, None, None]
        # b = tau^2 Z'V^-1 (y - X beta), Var(b | y) = tau^2 I - tau^4 Z'P Z,
        # Cov(beta, b | y) = -(X'V^-1 X)^-1 X'V^-1 Z tau^2.
        ZV, XVZ = self.Z.T @ inverse, self.X.T @ inverse @ self.Z
        effects = tau2 * (ZV @ (self.y[:, None] - self.X @ beta))
        own = tau2 * np.eye(self.Z.shape[1]) - tau2**2 * (ZV @ self.Z - XVZ.transpose(0, 2, 1) @ covariance @ XVZ)
        cross = -covariance @ XVZ * tau2
        upper, lower = np.concatenate([covariance, cross], 2), np.concatenate([cross.transpose(0, 2, 1), own], 2)
        return Pairs(
            group_sd=np.exp(log_sd),
            sigma=np.exp(log_sigma),
            mass=(mass / mass.sum()).ravel(),
            means=np.concatenate([beta, effects], axis=1)[..., 0],
            covariances=np.concatenate([upper, lower], axis=1),
        )

    @property
    def _shape(self) -> tuple[int, int]:
        return self.y.size, self.X.shape[1] + 1

    def _covariance(self, log_sd: Vector, log_sigma: Vector) -> Matrix:
        """V (N, n, n)."""
        noise = np.exp(2.0 * log_sigma)[:, None, None] * np.diag(1.0 / self.weights)
        return np.asarray(noise + np.exp(2.0 * log_sd)[:, None, None] * (self.Z @ self.Z.T))


def witness_of(design: Design, log_prior: LogPrior) -> Witness:
    """The model of a design with one varying intercept."""
    codes = design.random[0].grouping.codes
    return Witness(
        X=design.X.to_array(),
        y=design.y if design.offset is None else design.y - design.offset,
        weights=np.ones(design.n) if design.weights is None else design.weights,
        Z=np.eye(int(codes.max()) + 1)[codes],
        log_prior=log_prior,
    )
