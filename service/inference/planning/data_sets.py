"""Simulated data sets of a plan, as far as any estimate depends on them: a few numbers for each size of group."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.arrays import Vector, Vectors
from service.inference.planning.plan import Plan

AT_ONCE = 100_000
"""Numbers of one kind that are drawn at once: they, and what is made of them, stay near the processor."""


@dataclass(frozen=True, slots=True)
class DataSets:
    """The sufficient statistics of R data sets, of which mu is 0, for groups of D sizes.

    Of the groups of one size, `means` (R, D) is the mean of their means and `squares` (R, D) the squares of their means
    around it; `one` (R, D) is the mean of one of these groups, drawn at random. `within` (R,) are the squares around
    the groups' means, of all groups.
    """

    means: Vectors
    squares: Vectors
    one: Vectors
    within: Vector


def batches(plan: Plan, replicates: int, seed: int) -> Iterator[DataSets]:
    """So many data sets of a plan, some at a time; the same for the same seed."""
    random, most = np.random.default_rng(seed), max(1, AT_ONCE // plan.sizes.size)
    for start in range(0, replicates, most):
        yield draw(plan, min(most, replicates - start), random)


def draw(plan: Plan, replicates: int, random: np.random.Generator) -> DataSets:
    """So many data sets of a plan."""
    shape, counts = (replicates, plan.sizes.size), plan.counts
    means = random.standard_normal(shape) * np.sqrt(plan.mean_variances / counts)
    # A group's place among those of its size is a direction, the squares are a length: the two are independent.
    along = random.standard_normal(shape)
    across = _chi_squares(random, np.maximum(counts - 2.0, 0.0), shape)
    several = counts > 1
    lengths = along**2 + across
    deviation = np.where(several, along, 0.0) * np.sqrt(plan.mean_variances * (counts - 1.0) / counts)
    within = _chi_squares(random, np.array([plan.n_rows - plan.n_groups]), (replicates, 1))[:, 0]
    return DataSets(
        means=means,
        squares=np.where(several, lengths, 0.0) * plan.mean_variances,
        one=means + deviation,
        within=plan.within * within,
    )


def _chi_squares(random: np.random.Generator, degrees: Vector, shape: tuple[int, int]) -> Vectors:
    """Chi-squares of this shape (R, D), 0 where the degrees of freedom (D,) are."""
    drawn: Vectors = 2.0 * random.standard_gamma(0.5 * degrees, shape)
    return drawn
