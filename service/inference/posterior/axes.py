"""Axes on which densities are known at evenly spaced nodes, and what follows from such nodes.

The trapezoidal rule on the whole line errs by no more than the density's Fourier transform beyond 2 pi / step, which
falls exponentially; the nodes determine the density in between as well, by sinc functions, whose error is that of the
rule with every second node left out (Trefethen & Weideman 2014, SIAM Review 56(3), sections 3 and 5; Stenger 1993,
Numerical Methods Based on Sinc and Analytic Functions, section 3.1).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq
from scipy.special import sici

from service.arrays import Matrix, Vector

CUT = 30.0
"""Log density below the largest from which a density is left out: exp(-30) is 1e-13."""

SCANNED, ENOUGH = 65, 17
"""Nodes of a scan for where a density is, and how many of them must be there for it to end."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The quantity unit * sinh(x), not negative, at even steps of x: linear up to the unit, logarithmic beyond.

    A density that is an even function of the quantity is one of x too: from x = 0 on, the rule is that of the whole
    line, of which the nodes (K,) are one half.
    """

    unit: float
    nodes: Vector

    @property
    def is_half(self) -> bool:
        """Whether the nodes begin at 0, where the density goes on as its mirror image."""
        return bool(self.nodes[0] == 0.0)

    @property
    def values(self) -> Vector:
        """The quantity at the nodes (K,)."""
        return self.unit * np.sinh(self.nodes)

    @property
    def log_slopes(self) -> Vector:
        """The logarithm of d quantity / dx at the nodes (K,)."""
        return math.log(self.unit) + log_cosh(self.nodes)

    def weights(self) -> Vector:
        """The weights of the nodes (K,), but for the step: the one at 0 shares its interval with its mirror image."""
        weights = np.ones(self.nodes.size)
        weights[0] = 0.5 if self.is_half else 1.0
        return weights

    def quantile(self, mass: Vector, probability: float) -> float:
        """The quantity below which this share of the `mass` at the nodes (K,) lies."""
        cumulative = partial(_half_line if self.is_half else _whole_line, self.nodes, mass)
        return self.unit * math.sinh(_root(cumulative, self.nodes, probability))


def line_quantile(nodes: Vector, mass: Vector, probability: float) -> float:
    """The place on a line below which this share of the `mass` at even `nodes`, (K,) each, lies."""
    return _root(partial(_whole_line, nodes, mass), nodes, probability)


def log_cosh(x: Vector) -> Vector:
    """The logarithm of cosh x for x >= 0."""
    return np.asarray(x + np.log1p(np.exp(-2.0 * x)) - math.log(2.0))


def support(log_density: Callable[[Vector], Vector], low: float, high: float, cut: float = CUT) -> tuple[float, float]:
    """Where in [low, high] a log density, of any nodes at once, comes within a cut of its largest value.

    However narrow that is: the scan is repeated around what an earlier one has found.
    """
    while True:
        nodes = np.linspace(low, high, SCANNED)
        values = log_density(nodes)
        near = np.flatnonzero(values > values.max() - cut)
        low, high = float(nodes[max(near[0] - 1, 0)]), float(nodes[min(near[-1] + 1, SCANNED - 1)])
        if near.size >= ENOUGH:
            return low, high


def thinning_error(mass: Matrix, axis: int) -> float:
    """The mass (K, L) that changes when every second node of an axis is left out and the others count twice."""
    thinned = 2.0 * mass.take(np.arange(0, mass.shape[axis], 2), axis).sum(axis)
    return float(np.abs(thinned - mass.sum(axis)).sum())


def _whole_line(nodes: Vector, mass: Vector, x: float) -> float:
    """The mass below x: that of a sinc function around each node."""
    return float(_sinc_integral((x - nodes) / (nodes[1] - nodes[0])) @ mass)


def _half_line(nodes: Vector, mass: Vector, x: float) -> float:
    """The same where the nodes begin at 0 and have their mirror images on the other side."""
    step = nodes[1] - nodes[0]
    return float((_sinc_integral((x - nodes) / step) + _sinc_integral((x + nodes) / step) - 1.0) @ mass)


def _sinc_integral(z: Vector) -> Vector:
    """The integral of sin(pi t) / (pi t) up to z."""
    return np.asarray(0.5 + sici(np.pi * z)[0] / np.pi)


def _root(cumulative: Callable[[float], float], nodes: Vector, probability: float) -> float:
    """Where the cumulative mass reaches a probability; an end of the nodes where it does so only beyond."""
    low, high = float(nodes[0]), float(nodes[-1])
    if cumulative(low) >= probability:
        return low
    if cumulative(high) <= probability:
        return high
    return float(brentq(lambda x: cumulative(x) - probability, low, high, xtol=1e-14 * (high - low), rtol=1e-14))
