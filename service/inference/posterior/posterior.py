"""The exact posterior of a model with one varying intercept, by quadrature: no chains, no seed.

The two standard deviations are averaged over on lattices (lattice.py); given both, everything else is normal
(quantities.py), so that its posterior is a mixture of normals over the nodes of a lattice (mixtures.py).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine import CrossProducts, Fit
from service.engine.scalar.criterion import criterion_of
from service.engine.scalar.limits import no_pooling
from service.engine.scalar.solutions import solutions
from service.errors import Fault, InvalidRequest, NotFinite
from service.inference.posterior.joint import Joint
from service.inference.posterior.lattice import Lattice, group_sd_lattice, ratio_lattice
from service.inference.posterior.mixtures import Nodes
from service.inference.posterior.priors import Prior
from service.inference.posterior.propriety import require_proper, require_varying_intercept, tails_of
from service.inference.posterior.quantities import (
    Quantities,
    Source,
    coefficients,
    deviations,
    intercepts,
    mean_row,
    new_intercept,
    new_observation,
)
from service.inference.posterior.summaries import (
    Summary,
    group_sd_summary,
    icc_summary,
    residual_sd_summary,
    summary_of,
)

FARTHEST = 50.0 * math.log(10.0)
"""Logarithm of the scale of a prior, in units of the response's spread or one over it, beyond which it is a mistake."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The posterior of the standard deviations as nodes: `theta` (K,), `sigma` and the joint `weight`, (K, L) each."""

    theta: Vector
    sigma: Matrix
    weight: Matrix


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of a fit, in units of the response.

    `coefficients` (p,); `group_sd`, `residual_sd` and `icc` (1,); `intercepts` and `deviations` (J,) of the groups,
    None unless they were asked for; `new_group` (1,) is the intercept of another group, `new_observation` (1,) an
    observation of weight 1 in it where the columns of the coefficients have the values `row` (p,). `error` is about
    what a probability may be wrong by.
    """

    coefficients: Summary
    group_sd: Summary
    residual_sd: Summary
    icc: Summary
    intercepts: Summary | None
    deviations: Summary | None
    new_group: Summary
    new_observation: Summary
    row: Vector
    grid: Grid
    error: float


def posterior(
    fit: Fit, prior: Prior, confidence_level: float, *, at: Mapping[int, float] | None = None, groups: bool = True
) -> Posterior:
    """The posterior of a fit's parameters and, if asked for, groups, of a new group, and of an observation of it.

    `at` has values of some of the coefficients' columns, by their places; the others have their means over the rows.

    Raises:
        UnsupportedModel: the model has more than a varying intercept, theta is held, or no prior makes it proper.
        InvalidRequest: the posterior has no integral with this prior, but has with another.
        NotFinite: the columns are too alike for double precision.
    """
    require_varying_intercept(fit)
    products = fit.estimates.products
    try:
        joint = _joint(products, prior, fit.estimates.factors[0].factor.grouping.name)
        return _posterior(products, joint, confidence_level, _row(products, at or {}), groups=groups)
    except np.linalg.LinAlgError:
        raise NotFinite(
            "The columns of this model are so alike that double precision cannot hold what it takes to average over "
            "theta: shift and scale them."
        ) from None


def _joint(products: CrossProducts, prior: Prior, group: str) -> Joint:
    """The joint density of the standard deviations, in units of the basis. Raises as `posterior`."""
    limit, criterion = no_pooling(products), criterion_of(products, restricted=True)
    require_proper(limit, prior, group)
    scaled = prior.in_units(products.basis.y_unit)
    if not scaled.is_uniform and abs(scaled.log_scale) > FARTHEST:
        message = "The scale of the prior has nothing to do with the response: choose one in the response's own units."
        raise InvalidRequest(message, Fault(message, pointer="/scale"))
    return Joint(criterion, scaled, tails_of(limit, criterion.nu, scaled))


def _row(products: CrossProducts, at: Mapping[int, float]) -> Vector:
    """The columns of the coefficients (p,), the ones among them, at the means over the rows or at these values."""
    row = np.concatenate([np.ones(int(products.basis.intercept)), mean_row(products)])
    for place, value in at.items():
        row[place] = value
    return row


def _posterior(
    products: CrossProducts, joint: Joint, confidence_level: float, row: Vector, *, groups: bool
) -> Posterior:
    """The posterior, by the lattices of a joint density of the standard deviations."""
    tails, unit = joint.tails, products.basis.y_unit
    ratios = ratio_lattice(joint)
    sds, nodes, grid = group_sd_lattice(joint, ratios), _nodes(ratios), _grid(ratios, unit)
    source = Source(products, solutions(joint.criterion, _phis(ratios)), products.determined().astype(np.bool_))

    def summarised(asked: Quantities) -> Summary:
        return summary_of(asked, nodes, tails, confidence_level)

    with np.errstate(over="ignore", invalid="ignore"):
        # A row may be so far out that an observation there has no number.
        observation = summarised(new_observation(source, row[int(products.basis.intercept) :]))
    return Posterior(
        coefficients=summarised(coefficients(source)),
        group_sd=group_sd_summary(sds, tails, confidence_level, unit),
        residual_sd=residual_sd_summary(sds, tails, confidence_level, unit),
        icc=icc_summary(ratios, confidence_level),
        intercepts=summarised(intercepts(source)) if groups else None,
        deviations=summarised(deviations(source)) if groups else None,
        new_group=summarised(new_intercept(source)),
        new_observation=observation,
        row=row,
        grid=grid,
        error=max(ratios.error, sds.error),
    )


def _grid(ratios: Lattice, unit: float) -> Grid:
    """Every second node of both axes of a lattice, which is as many as averages need; sigma times `unit`."""
    weight = ratios.mass[::2, ::2]
    return Grid(ratios.axis.values[::2], unit * np.exp(ratios.log_sigma[::2, ::2]), weight / weight.sum())


def _nodes(ratios: Lattice) -> Nodes:
    """The same as nodes of mixtures, in units of the basis."""
    grid = _grid(ratios, 1.0)
    return Nodes(grid.sigma, grid.weight)


def _phis(ratios: Lattice) -> Vector:
    """The theta^2 (K,) of the nodes of mixtures.

    At theta = 0 a deviation is a point, which has no density: that node stands for what is half its way to the next.
    """
    axis = ratios.axis
    theta = axis.values[::2].copy()
    if axis.is_half:
        theta[0] = axis.unit * math.sinh(0.5 * axis.nodes[1])
    return np.asarray(theta**2)
