"""A plan: how many groups of which size, and how far groups and rows are thought to vary."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Vector
from service.errors import AllSingletons, Fault, InvalidRequest, TooFewGroups

NOTHING = 1e-30
"""A standard deviation below this share of the other counts as 0: no response in double precision would show it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Groups of D different sizes under y = mu + alpha_j + e, in units of the larger standard deviation.

    `sizes` (D,) rows of a group, increasing; `counts` (D,) groups of each size. `between` and `within` are the
    variances of alpha_j and e, one of them 1; `unit` is what one unit is in units of the response.
    """

    sizes: Vector
    counts: Vector
    between: float
    within: float
    unit: float

    @property
    def n_groups(self) -> int:
        """J, all groups."""
        return round(float(self.counts.sum()))

    @property
    def n_rows(self) -> int:
        """N, the rows of all groups."""
        return round(float(self.counts @ self.sizes))

    @property
    def mean_variances(self) -> Vector:
        """The variance (D,) of the mean of a group: sigma_alpha^2 + sigma_y^2 / n."""
        return self.between + self.within / self.sizes

    @property
    def weights(self) -> Vector:
        """The share (D,) of its own mean in a group's estimate: n / (n + sigma_y^2 / sigma_alpha^2)."""
        return self.between / self.mean_variances

    @property
    def pulled(self) -> Vector:
        """The share (D,) of the mean of all in a group's estimate."""
        return self.within / self.sizes / self.mean_variances

    def enlarged(self, factor: float) -> "Plan":
        """The plan with so many times the groups, in the same mix of sizes."""
        return replace(self, counts=self.counts * factor)

    def resized(self, size: int) -> "Plan":
        """The plan with as many groups, all of this size."""
        return replace(self, sizes=np.array([float(size)]), counts=np.array([self.counts.sum()]))

    def over_groups(self, values: Vector) -> Vector:
        """The mean over the groups of values (..., D) of each size."""
        mean: Vector = values @ (self.counts / self.counts.sum())
        return mean


def make_plan(by_size: Mapping[int, int], sd_between: float, sd_within: float) -> Plan:
    """The plan of so many groups of each size.

    Raises TooFewGroups for one group, AllSingletons where no group has two rows, InvalidRequest where nothing varies.
    """
    if sum(by_size.values()) < 2:
        message = "One group says nothing about the variation between groups: plan two at least."
        raise TooFewGroups(message, Fault(message, pointer="/groups"))
    if by_size.keys() == {1}:
        message = (
            "With one row in every group the variation between groups cannot be told from that within: "
            "plan two rows in some of them."
        )
        raise AllSingletons(message, Fault(message, pointer="/groups"))
    unit = max(sd_between, sd_within)
    if unit == 0.0:
        message = "Nothing varies: one of `sd_between` and `sd_within` must be above 0."
        raise InvalidRequest(message, Fault(message, pointer="/sd_within"))
    sizes = sorted(by_size)
    return Plan(
        sizes=np.array(sizes, dtype=np.float64),
        counts=np.array([by_size[size] for size in sizes], dtype=np.float64),
        between=_square(sd_between / unit),
        within=_square(sd_within / unit),
        unit=unit,
    )


def _square(share: float) -> float:
    return share * share if share > NOTHING else 0.0
