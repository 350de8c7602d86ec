"""Influence: what a fit would be without each of its groups."""

from pydantic import Field

from service.contract.part import Part

MOST_GROUPS = 10_000
"""Groups of one page, where they are left out together: of one varying coefficient."""

MOST_REFITS = 250
"""Groups of one page, where each costs a search of its own."""


class Component(Part):
    """A standard deviation: of a coefficient that varies by a factor."""

    group: str
    term: str


class GroupInfluence(Part):
    """The fit without one group. Where there is none, `reason` says why, and all else is null but `level` and `n`."""

    level: str
    n: int = Field(description="The group's rows.")
    estimate: list[float] | None = Field(description="The coefficients without the group, by `terms`.")
    std_dev: list[float | None] | None = Field(description="The standard deviations without it, by `components`.")
    sigma: float | None = Field(description="The residual standard deviation without it.")
    cooks_distance: float | None = Field(
        description="d' Cov^-1 d / p for the change d of the p coefficients and their covariance in the whole fit."
    )
    dfbetas: list[float | None] | None = Field(
        description="The change of each coefficient, without the group less with it, in its standard errors without it."
    )
    prediction_error: float | None = Field(
        description="The root of the mean square, weighted by the prior weights, of what the coefficients without the "
        "group leave of its rows: cross-validation over groups."
    )
    log_density: float | None = Field(
        description="The log density of the group's rows, jointly, in the fit without it: summed over groups it "
        "compares models. Null in models of several factors, and without noise."
    )
    reason: str | None = Field(description="Why there is no fit without this group.")


class Influence(Part):
    """What leaving out the groups of a factor does to a fit: each is left out in turn, and all is fitted again."""

    group: str
    terms: list[str]
    components: list[Component]
    groups: list[GroupInfluence]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")
