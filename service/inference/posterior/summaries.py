"""Posteriors in few numbers: mean, median, standard deviation and an equal-tailed interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector
from service.inference.posterior.axes import line_quantile
from service.inference.posterior.lattice import Lattice
from service.inference.posterior.mixtures import Mixtures, Nodes
from service.inference.posterior.propriety import Tails
from service.inference.posterior.quantities import Quantities


@dataclass(frozen=True, slots=True)
class Summary:
    """The posteriors of F quantities: means, medians, standard deviations and the ends of their intervals, (F,) each.

    A mean or standard deviation is nan where the tails are too heavy for it to exist.
    """

    mean: Vector
    median: Vector
    sd: Vector
    low: Vector
    high: Vector


def summary_of(asked: Quantities, nodes: Nodes, tails: Tails, confidence_level: float) -> Summary:
    """The summary of quantities that are normal at each node."""
    mixtures, tail = Mixtures(nodes, asked.means, asked.scales), _tail(confidence_level)
    moments = np.where(asked.grows, tails.moments(grows=True), tails.moments(grows=False))

    def placed(found: Vector) -> Vector:
        return asked.constant + asked.unit * found

    return Summary(
        mean=np.where(moments >= 1, placed(mixtures.mean()), np.nan),
        median=placed(mixtures.quantiles(0.5)),
        sd=np.where(moments >= 2, asked.unit * mixtures.sd(), np.nan),
        low=placed(mixtures.quantiles(tail)),
        high=placed(mixtures.quantiles(tail, upper=True)),
    )


def icc_summary(ratios: Lattice, confidence_level: float) -> Summary:
    """The summary (1,) of theta^2 / (1 + theta^2), the share of the variance that lies between groups."""
    mass = ratios.mass.sum(axis=1)

    def share(theta: Vector) -> Vector:
        return np.asarray(theta**2 / (1.0 + theta**2))

    def quantile(probability: float) -> float:
        return float(share(np.array(ratios.axis.quantile(mass, probability))))

    return _summary(share(ratios.axis.values), mass, quantile, 2, confidence_level)


def group_sd_summary(sds: Lattice, tails: Tails, confidence_level: float, unit: float) -> Summary:
    """The summary (1,) of sigma_alpha, of which one is `unit` in the basis."""
    mass = sds.mass.sum(axis=1)

    def quantile(probability: float) -> float:
        return unit * sds.axis.quantile(mass, probability)

    return _summary(unit * sds.axis.values, mass, quantile, tails.moments(grows=True), confidence_level)


def residual_sd_summary(sds: Lattice, tails: Tails, confidence_level: float, unit: float) -> Summary:
    """The summary (1,) of sigma_y, of which one is `unit` in the basis."""
    mass = sds.mass.sum(axis=0)

    def quantile(probability: float) -> float:
        return unit * math.exp(line_quantile(sds.log_sigma[0], mass, probability))

    return _summary(unit * np.exp(sds.log_sigma[0]), mass, quantile, tails.moments(grows=False), confidence_level)


def _summary(
    values: Vector, mass: Vector, quantile: Callable[[float], float], moments: int, confidence_level: float
) -> Summary:
    """The summary (1,) of a quantity with these values at nodes of this mass."""
    tail = _tail(confidence_level)
    median, low, high = (np.array([quantile(share)]) for share in (0.5, tail, 1.0 - tail))
    mean = float(values @ mass)
    # In units of the median, as squares might overflow.
    sd = median * np.sqrt(np.square((values - mean) / median) @ mass)
    return Summary(
        mean=np.array([mean if moments >= 1 else np.nan]),
        median=median,
        sd=sd if moments >= 2 else np.array([np.nan]),
        low=low,
        high=high,
    )


def _tail(confidence_level: float) -> float:
    """The probability beyond each end of an interval."""
    return 0.5 - 0.5 * confidence_level
