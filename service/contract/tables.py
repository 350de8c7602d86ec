"""Tidy tables: a part of a fit as rows, each of the same few named values."""

from pydantic import Field

from service.contract.document import FixedEffect, VarianceComponent
from service.contract.part import Part

NEXT = "The `cursor` of the next page; null on the last."


class RandomEffect(Part):
    """How far a group deviates in one coefficient."""

    group: str = Field(description="The grouping factor.")
    level: str = Field(description="The group.")
    n: int = Field(description="Its rows.")
    term: str = Field(description="The coefficient.")
    estimate: float | None
    std_error: float | None = Field(description="Given the coefficients and variances.")
    weight: float | None = Field(description="The share of its own mean in a group's estimate.")


class Coefficient(Part):
    """A coefficient of one group's own line."""

    group: str = Field(description="The grouping factor.")
    level: str = Field(description="The group.")
    term: str
    estimate: float | None


class FittedRow(Part):
    """A row of the data beside what the fit makes of it; null where a number does not exist."""

    row: int = Field(description="The row of the data as they were sent, counted from 0.")
    observed: float
    fitted: float = Field(description="With the deviations of the row's groups.")
    fitted_population: float = Field(description="Without them: the coefficients and the offset alone.")
    residual: float = Field(description="Observed less fitted.")
    residual_marginal: float = Field(description="Observed less fitted_population.")
    residual_pearson: float | None = Field(
        description="The residual over sigma, times the root of the row's prior weight."
    )
    residual_studentised: float | None = Field(
        description="residual_pearson over the root of 1 - leverage; null where a row determines its own fitted value."
    )
    leverage: float | None = Field(
        description="How far the fitted value follows the row's own response, variances held: the diagonal of the hat "
        "matrix, as lme4's hatvalues(). Null where several variances leave no noise, or next to none."
    )


class FixedEffectPage(Part):
    """The coefficients that do not vary by group."""

    fixed_effects: list[FixedEffect]
    next: str | None = Field(description=NEXT)


class RandomEffectPage(Part):
    """The deviations of all groups, a row for each group and coefficient."""

    random_effects: list[RandomEffect]
    next: str | None = Field(description=NEXT)


class CoefficientPage(Part):
    """The lines of all groups, a row for each group and coefficient."""

    coefficients: list[Coefficient]
    next: str | None = Field(description=NEXT)


class VarianceComponentPage(Part):
    """How much varies, between the groups of each factor and within them."""

    variance_components: list[VarianceComponent]
    next: str | None = Field(description=NEXT)


class FittedPage(Part):
    """The rows of a fit, in their order."""

    fitted: list[FittedRow]
    next: str | None = Field(description=NEXT)
