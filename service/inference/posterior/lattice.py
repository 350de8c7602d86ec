"""The joint posterior of the two standard deviations, on lattices that are fine enough.

By sigma_alpha, the groups' standard deviation, and log sigma the posterior density is

    f = exp(log_factor(theta) - nu log sigma - rho(theta) / (2 sigma^2)) pi(sigma_alpha),   theta = sigma_alpha / sigma

with the factors of engine/scalar/solutions.py, nu = n - p and pi the prior. A lattice has log sigma on one axis and
theta or sigma_alpha on the other; f is an even function of both. All is in units of the basis.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.scalar.criterion import Criterion
from service.engine.scalar.solutions import likelihoods
from service.inference.posterior.axes import CUT, Axis, log_cosh, support, thinning_error
from service.inference.posterior.priors import Prior
from service.inference.posterior.propriety import Tails

FIRST, MOST = 33, 1025
"""Nodes of an axis to begin with, and at most: twice as many less one until they are enough."""

TOLERANCE = 1e-7
"""Mass that may change when every second node is left out."""

LARGEST = 1e16
"""theta times the root of a group's weight beyond which noise is rounding of the response (scalar/optimum.py)."""

NEAR_ZERO = 1e-3
"""The axis of theta is logarithmic down to this share of what pools the largest group by half: on that scale the
deviations, whose sds are proportional to theta, are mixed evenly."""

SMOOTH = 1e-10
"""Beside a proper prior of scale s the density by theta bends around s / sigma for every sigma that is likely, which
near 0 leaves a term in theta^nu: the axis is logarithmic down to where that is less than this."""


@dataclass(frozen=True, slots=True)
class Joint:
    """The density f: the likelihood is that of `criterion`."""

    criterion: Criterion
    prior: Prior
    tails: Tails

    @property
    def nu(self) -> int:
        """The degrees of freedom of sigma at a given theta under a flat prior."""
        return self.criterion.nu

    def log_density(self, log_factor: Matrix, rho: Matrix, log_sd: Matrix, log_sigma: Matrix) -> Matrix:
        """The logarithm of f where the likelihood has these factors, sigma_alpha and sigma these logarithms."""
        fit = log_factor - self.nu * log_sigma - 0.5 * rho * np.exp(-2.0 * log_sigma)
        return np.asarray(fit + self.prior.log_density(log_sd))


@dataclass(frozen=True, slots=True)
class Lattice:
    """The posterior on an axis of theta or sigma_alpha (K,) and one of log sigma (L,).

    `mass` (K, L) adds up to 1. `error` is the mass that changes when every second node of an axis is left out, which is
    also how far the density between the nodes is known.
    """

    axis: Axis
    log_sigma: Vector
    mass: Matrix
    error: float


@dataclass(frozen=True, slots=True)
class _Window:
    """Where the posterior is: on the axis of theta in x, and in log sigma."""

    unit: float
    x: tuple[float, float]
    log_sigma: tuple[float, float]


def ratio_lattice(joint: Joint) -> Lattice:
    """The lattice of theta and log sigma."""
    window = _window(joint)

    def log_density(axis: Axis, log_sigma: Vector) -> Matrix:
        log_factor, rho = likelihoods(joint.criterion, axis.values**2)
        with np.errstate(divide="ignore"):
            log_sd = np.log(axis.values)[:, None] + log_sigma
        density = joint.log_density(log_factor[:, None], rho[:, None], log_sd, log_sigma)
        # d sigma_alpha = sigma d theta.
        return density + log_sigma + axis.log_slopes[:, None]

    return _refined(log_density, window.unit, window.x, window.log_sigma)


def group_sd_lattice(joint: Joint, ratios: Lattice) -> Lattice:
    """The lattice of sigma_alpha and log sigma, which covers what the one of theta does."""
    low, high = _group_sds(ratios)
    sigma = float(np.exp(ratios.log_sigma[0]))
    unit = min(sigma / math.sqrt(joint.criterion.between.weights.max()), math.exp(joint.prior.log_scale))

    def log_density(axis: Axis, log_sigma: Vector) -> Matrix:
        theta = axis.values[:, None] / np.exp(log_sigma)
        log_factor, rho = (part.reshape(theta.shape) for part in likelihoods(joint.criterion, theta.ravel() ** 2))
        with np.errstate(divide="ignore"):
            log_sd = np.log(axis.values)[:, None]
        return joint.log_density(log_factor, rho, log_sd, log_sigma) + axis.log_slopes[:, None]

    ends = (float(np.arcsinh(low / unit)), float(np.arcsinh(high / unit)))
    return _refined(log_density, unit, ends, (float(ratios.log_sigma[0]), float(ratios.log_sigma[-1])))


def _refined(
    log_density: Callable[[Axis, Vector], Matrix], unit: float, x: tuple[float, float], log_sigma: tuple[float, float]
) -> Lattice:
    """The lattice of a log density within these ends, whose steps are halved until they are small enough."""
    rows, columns = FIRST, FIRST
    while True:
        axis, line = Axis(unit, np.linspace(*x, rows)), np.linspace(*log_sigma, columns)
        values = log_density(axis, line)
        mass = np.exp(values - values.max()) * axis.weights()[:, None]
        mass /= mass.sum()
        errors = thinning_error(mass, 0), thinning_error(mass, 1)
        finer = (
            2 * rows - 1 if errors[0] > TOLERANCE and rows < MOST else rows,
            2 * columns - 1 if errors[1] > TOLERANCE and columns < MOST else columns,
        )
        if finer == (rows, columns):
            return Lattice(axis, line, mass, max(errors))
        rows, columns = finer


def _window(joint: Joint) -> _Window:
    """Where the posterior, and what its moments are sums of, comes within CUT of its largest value."""
    weights, prior = joint.criterion.between.weights, joint.prior
    unit = NEAR_ZERO / math.sqrt(weights.max())
    end = LARGEST / math.sqrt(weights.min())
    if not prior.is_uniform:
        sigma = math.sqrt(float(likelihoods(joint.criterion, np.zeros(1))[1][0]) / joint.nu)
        prior_theta = math.exp(prior.log_scale) / sigma
        unit = min(unit, prior_theta * SMOOTH ** (1.0 / joint.nu))
        end = max(end, prior_theta)
    ridge = _Ridge(joint, unit)
    last = float(np.arcsinh(end / unit)) + CUT
    peak = _peak(ridge, *support(lambda x: ridge.at(x)[0], 0.0, last))
    order = joint.tails.moments(grows=True)
    x = support(lambda x: ridge.at(x)[0] + order * np.maximum(log_cosh(x) - log_cosh(peak), 0.0), 0.0, last)
    return _Window(unit, x, ridge.log_sigmas(np.linspace(*x, FIRST)))


def _peak(ridge: "_Ridge", low: float, high: float) -> Vector:
    """The node, of a scan between these ends, where the density is largest."""
    nodes = np.linspace(low, high, FIRST)
    return np.asarray(nodes[np.argmax(ridge.at(nodes)[0])])


@dataclass(frozen=True, slots=True)
class _Ridge:
    """The density by x, where theta = unit * sinh(x), and log sigma: by the latter it has one peak, and is concave."""

    joint: Joint
    unit: float

    def at(self, x: Vector) -> tuple[Vector, Vector]:
        """The height of the ridge and its log sigma, (K,) each."""
        axis = Axis(self.unit, x)
        log_factor, rho = likelihoods(self.joint.criterion, axis.values**2)
        precision = self.joint.prior.modal_precision(axis.values, rho, self.joint.nu - 1.0)
        log_sigma = -0.5 * np.log(precision)
        return self._height(axis, log_factor, rho, log_sigma), log_sigma

    def log_sigmas(self, x: Vector) -> tuple[float, float]:
        """The ends of log sigma between which the density at some x comes within CUT of the largest."""
        axis = Axis(self.unit, x)
        log_factor, rho = likelihoods(self.joint.criterion, axis.values**2)
        height, middle = self.at(x)
        order = self.joint.tails.moments(grows=False)
        level = height.max() - CUT

        def is_inside(log_sigma: Vector) -> Vector:
            lift = order * np.maximum(log_sigma - middle, 0.0)
            return np.asarray(self._height(axis, log_factor, rho, log_sigma) + lift > level)

        ends = [_edge(is_inside, middle, reach) for reach in (-2.0 * CUT, 2.0 * CUT)]
        return float(ends[0].min()), float(ends[1].max())

    def _height(self, axis: Axis, log_factor: Vector, rho: Vector, log_sigma: Vector) -> Vector:
        with np.errstate(divide="ignore"):
            log_sd = np.log(axis.values) + log_sigma
        return self.joint.log_density(log_factor, rho, log_sd, log_sigma) + log_sigma + axis.log_slopes


def _edge(is_inside: Callable[[Vector], Vector], middle: Vector, reach: float) -> Vector:
    """The farthest places (K,) toward `middle` + `reach` that are inside, by bisection, or the middle itself."""
    inside, outside = middle, middle + reach
    for _ in range(40):
        between = 0.5 * (inside + outside)
        kept = is_inside(between)
        inside, outside = np.where(kept, between, inside), np.where(kept, outside, between)
    return inside


def _group_sds(ratios: Lattice) -> tuple[float, float]:
    """The ends of sigma_alpha between which the posterior comes within CUT of the largest, or a node more."""
    with np.errstate(divide="ignore"):
        near = np.log(ratios.mass) > np.log(ratios.mass.max()) - CUT
        log_sd = np.log(ratios.axis.values)[:, None] + ratios.log_sigma
    margin = ratios.log_sigma[1] - ratios.log_sigma[0] + ratios.axis.nodes[1] - ratios.axis.nodes[0]
    # Moments may need more of theta than the density does.
    far = log_sd[-1, np.argmax(ratios.mass.sum(axis=0))]
    return math.exp(log_sd[near].min() - margin), math.exp(max(log_sd[near].max() + margin, far))
