"""The joint posterior of the two standard deviations, on lattices that are fine enough.

A lattice has theta or sigma_alpha on one axis and log sigma on the other. The density is an even function of the
former, and smooth on the scale of either axis, so that both rules of axes.py hold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.scalar.solutions import likelihoods
from service.inference.posterior.axes import CUT, Axis, log_cosh, support, thinning_error
from service.inference.posterior.joint import Joint, ridge_of

FIRST, MOST = 33, 1025
"""Nodes of an axis to begin with, and at most: twice as many less one until they are enough."""

TOLERANCE = 1e-7
"""Mass that may change when every second node is left out."""

LARGEST = 1e16
"""theta times the root of a group's weight beyond which noise is rounding of the response (scalar/optimum.py)."""

NEAR_ZERO = 1e-3
"""The axis of theta is logarithmic down to this share of what pools the largest group by half, or of what a proper
prior expects: on that scale the deviations, whose sds are proportional to theta, are mixed evenly."""

SMOOTH = 1e-10
"""Beside a proper prior of scale s the density by theta bends around s / sigma for every sigma that is likely, which
near 0 leaves a term in theta^nu: the axis is logarithmic down to where that is less than this."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """The posterior at the nodes of an axis of theta or sigma_alpha and of one of `log_sigma` (K, L).

    The latter are evenly spaced, from another start for each row. `mass` (K, L) adds up to 1. `error` is the mass that
    changes when every second node of an axis is left out, which is also how well the density between nodes is known.
    """

    axis: Axis
    log_sigma: Matrix
    mass: Matrix
    error: float


def ratio_lattice(joint: Joint) -> Lattice:
    """The lattice of theta; its log sigma begin at the same distance from their most likely value at each theta."""
    unit, x = _ratios(joint)
    offsets = ridge_of(joint, Axis(unit, np.linspace(*x, FIRST))).window()

    def density(rows: int, columns: int) -> tuple[Axis, Matrix, Matrix]:
        ridge, line = ridge_of(joint, Axis(unit, np.linspace(*x, rows))), np.linspace(*offsets, columns)
        return ridge.axis, ridge.middle[:, None] + line, ridge.log_density(line)

    return _refined(density)


def group_sd_lattice(joint: Joint, ratios: Lattice) -> Lattice:
    """The lattice of sigma_alpha, with the same log sigma in each row, which covers what the one of theta does."""
    sds, log_sigmas = _covered(ratios)
    unit = min(
        math.exp(log_sigmas[0] - 0.5 * math.log(joint.criterion.between.weights.max())),
        math.exp(joint.prior.log_scale),
    )
    ends = math.asinh(sds[0] / unit), math.asinh(sds[1] / unit)

    def density(rows: int, columns: int) -> tuple[Axis, Matrix, Matrix]:
        axis, line = Axis(unit, np.linspace(*ends, rows)), np.linspace(*log_sigmas, columns)
        theta = axis.values[:, None] / np.exp(line)
        log_factor, rho = (part.reshape(theta.shape) for part in likelihoods(joint.criterion, theta.ravel() ** 2))
        with np.errstate(divide="ignore"):
            log_sd = np.log(axis.values)[:, None]
        f = joint.log_density(log_factor, rho, log_sd, line)
        return axis, np.broadcast_to(line, f.shape), f + axis.log_slopes[:, None]

    return _refined(density)


def _refined(density: Callable[[int, int], tuple[Axis, Matrix, Matrix]]) -> Lattice:
    """The lattice of a log density, given by numbers of nodes, whose steps are halved until they are small enough."""
    rows, columns = FIRST, FIRST
    while True:
        axis, log_sigma, values = density(rows, columns)
        mass = np.exp(values - values.max()) * axis.weights()[:, None]
        mass /= mass.sum()
        errors = thinning_error(mass, 0), thinning_error(mass, 1)
        finer = _finer(rows, errors[0]), _finer(columns, errors[1])
        if finer == (rows, columns):
            return Lattice(axis, log_sigma, mass, max(errors))
        rows, columns = finer


def _finer(nodes: int, error: float) -> int:
    """How many nodes an axis of this error needs next."""
    return nodes if error <= TOLERANCE or nodes >= MOST else 2 * nodes - 1


def _ratios(joint: Joint) -> tuple[float, tuple[float, float]]:
    """The unit of the axis of theta, and its ends: where the density, or what moments are sums of, is within CUT."""
    weights, prior = joint.criterion.between.weights, joint.prior
    unit = NEAR_ZERO / math.sqrt(weights.max())
    end = LARGEST / math.sqrt(weights.min())
    if not prior.is_uniform:
        sigma = math.sqrt(float(likelihoods(joint.criterion, np.zeros(1))[1][0]) / joint.nu)
        prior_theta = math.exp(prior.log_scale) / sigma
        unit = min(unit, prior_theta * min(NEAR_ZERO, SMOOTH ** (1.0 / joint.nu)))
        end = max(end, prior_theta)
    last, order = float(np.arcsinh(end / unit)) + CUT, joint.tails.moments(grows=True)

    def height(x: Vector) -> Vector:
        return ridge_of(joint, Axis(unit, x)).height

    low, high = support(height, 0.0, last)
    nodes = np.linspace(low, high, FIRST)
    peak = log_cosh(nodes[np.argmax(height(nodes))])
    _, far = support(lambda x: height(x) + order * np.maximum(log_cosh(x) - peak, 0.0), low, last)
    return unit, (low, max(high, far))


def _covered(ratios: Lattice) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of sigma_alpha and of log sigma between which the posterior is within CUT of its largest value."""
    with np.errstate(divide="ignore"):
        near = np.log(ratios.mass) > np.log(ratios.mass.max()) - CUT
        log_sd = np.log(ratios.axis.values)[:, None] + ratios.log_sigma
    step = float(ratios.log_sigma[0, 1] - ratios.log_sigma[0, 0])
    margin = step + float(ratios.axis.nodes[1] - ratios.axis.nodes[0])
    # Moments may need more of theta, and of sigma, than the density does.
    far = float(log_sd[-1, np.argmax(ratios.mass[-1])])
    sds = math.exp(log_sd[near].min() - margin), math.exp(max(float(log_sd[near].max()) + margin, far))
    return sds, (float(ratios.log_sigma[near].min()) - step, float(ratios.log_sigma[near.any(axis=1)].max()))
