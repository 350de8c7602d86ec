"""Pooling: a formula with one varying intercept goes in; complete, no and partial pooling come out side by side.

A group's intercept is what its line has where the predictors that vary within groups are 0. Where there is an offset,
responses are meant without it; where there are prior weights, means and sizes are weighted.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from service.contract.document import Note, Rows
from service.contract.part import Part
from service.contract.request import Method, RowOptions, several

PoolingPart = Literal["groups", "separate"]
PoolingParts = Annotated[
    list[PoolingPart], BeforeValidator(several, json_schema_input_type=list[PoolingPart] | PoolingPart)
]
Numbers = list[float | None]


class PoolingOptions(RowOptions):
    """A formula with one varying intercept, and how to fit it."""

    formula: str = Field(
        description="An R formula whose one random term is a varying intercept.",
        examples=["log_radon ~ floor + (1 | county)"],
    )
    method: Method = Field("REML", description="The criterion of partial pooling.")
    include: PoolingParts = Field(["groups", "separate"], description="The long parts of the answer.")


class PooledCoefficient(Part):
    """A coefficient; null where the regression cannot tell it."""

    term: str
    estimate: float | None
    std_error: float | None


class CompletePooling(Part):
    """Least squares of all rows, which knows no groups."""

    coefficients: list[PooledCoefficient]
    sigma: float | None
    df_residual: int


class GroupIndicators(Part):
    """Least squares with an indicator for each group: intercepts of their own, slopes in common."""

    coefficients: list[PooledCoefficient]
    not_estimable: list[str] = Field(
        description="Columns that are constant within every group, or whose combinations are: beside an indicator for "
        "each group they cannot be told."
    )
    sigma: float | None
    df_residual: int = Field(description="Negative or zero where the groups and coefficients leave no row for sigma.")


class ImpossibleRegression(Part):
    """A group that has no regression of its own."""

    group: str
    reason: Literal["too_few_rows", "constant_predictor", "dependent_predictors"]
    terms: list[str] = Field(description="The columns that are constant in it, or combinations of the others there.")


class SeparateRegressions(Part):
    """Least squares within each group alone, as lme4's lmList(). A row a group, in the order of `levels`."""

    levels: list[str]
    terms: list[str] = Field(description="The coefficients: an intercept, and what varies within any group.")
    not_estimable: list[str] = Field(
        description="Columns that no group tells: constant within every group, or combinations of others there."
    )
    estimate: Rows = Field(description="Null where a group has no regression.")
    std_error: Rows = Field(description="With the group's own sigma; null where it has as many coefficients as rows.")
    std_error_pooled: Rows = Field(description="With `sigma_pooled`.")
    sigma: Numbers
    df_residual: list[int] = Field(description="Rows less coefficients; negative where there are too few.")
    sigma_pooled: float | None = Field(description="The residual standard deviation of all the regressions together.")
    df_pooled: int
    impossible: list[ImpossibleRegression]


class PartialPooling(Part):
    """The multilevel model."""

    coefficients: list[PooledCoefficient]
    sigma: float
    group_sd: float = Field(description="The standard deviation between groups, sigma_alpha.")
    theta: float | None = Field(description="group_sd over sigma; null without noise.")
    variance_ratio: float | None
    equivalent_n: float | None = Field(description="Rows whose mean tells as much as the distribution of the groups.")
    mean_weight: float
    converged: bool
    singular: bool


class PoolingLimit(Part):
    """The multilevel model with theta held at an end of its range."""

    theta: Literal["0", "inf"]
    coefficients: list[PooledCoefficient] = Field(
        description="At inf the intercept and group-level coefficients are those of a regression of the groups' own "
        "intercepts, and have no standard errors: the groups' variance has no bound."
    )
    sigma: float
    distance: float | None = Field(
        description="The largest difference to the classical regression's coefficients, in their standard errors: "
        "nothing but rounding. Null where there are none to compare."
    )


class PoolingLimits(Part):
    """Where partial pooling ends: as theta goes to 0 in complete pooling, as it grows in no pooling."""

    zero: PoolingLimit
    infinity: PoolingLimit | None = Field(
        description="Null where the groups and coefficients leave no row to estimate sigma from."
    )


class InterceptSpread(Part):
    """The standard deviation of the groups' intercepts: no pooling overstates it, the model draws them together."""

    indicators: float | None
    separate: float | None = Field(description="Of the groups that have a regression of their own.")
    partial: float


class ApproximateFormula(Part):
    """The chapter's formula, a weighted mean of a group's own mean and that of all, beside the exact estimates.

    It has the mean of all rows where the model has the mean that its coefficients give a group. They differ, unless all
    groups are of one size and no predictor is a group-level one.
    """

    grand_mean: float = Field(description="The mean over all rows of the response less what x explains.")
    gls_mean: float = Field(description="The same mean with each group weighed by its precision.")
    largest_difference_grand_mean: float = Field(description="Between the formula with `grand_mean` and the estimate.")
    largest_difference_gls_mean: float = Field(
        description="Between the formula with `gls_mean` and the estimate: rounding, unless there are group-level "
        "predictors."
    )


class PooledGroups(Part):
    """The groups one by one, each list in the order of `levels`.

    estimate = weight * own + (1 - weight) * mu.
    """

    levels: list[str]
    n: list[int]
    mean: list[float] = Field(description="The mean of the response.")
    complete: list[float] = Field(description="The intercept that complete pooling gives the group.")
    indicator: Numbers = Field(description="Its intercept in the regression with group indicators.")
    indicator_std_error: Numbers
    own: list[float] = Field(
        description="The mean of the response less beta times the means of what varies within groups, with the "
        "multilevel model's beta: no pooling of the intercept alone."
    )
    weight: list[float]
    mu: list[float] = Field(description="The model's mean for the group: the intercept and group-level predictors.")
    estimate: list[float] = Field(description="The multilevel estimate.")
    std_error: list[float] = Field(description="Given the variances; that of the coefficients is included.")
    approximate_grand_mean: list[float] = Field(description="The chapter's formula, with the mean of all rows.")
    approximate_gls_mean: list[float] = Field(description="The chapter's formula, with the precision-weighted mean.")


class NoPooling(Part):
    """The two meanings of no pooling."""

    indicators: GroupIndicators
    separate: SeparateRegressions | None = Field(
        description="Null unless included, and where the groups' cross-products are more than 16 million numbers."
    )


class PoolingDocument(Part):
    """One model with complete pooling, no pooling, and what lies between them."""

    formula: str
    response: str
    group: str
    method: Method
    weights: str | None
    n_observations: int
    n_dropped: int
    n_groups: int
    complete_pooling: CompletePooling
    no_pooling: NoPooling
    partial_pooling: PartialPooling
    limits: PoolingLimits
    intercept_spread: InterceptSpread
    approximate_formula: ApproximateFormula
    groups: PooledGroups | None
    notes: list[Note] = Field(description="What to know of the multilevel fit.")
