"""The fit document: everything a fit says, in the names clients rely on.

Numbers are JSON numbers in their shortest exact form; a value that does not exist is null, and a note says why.
"""

from typing import Literal

from pydantic import Field, JsonValue

from service.contract.bootstrap import BootstrapDraws
from service.contract.memory import Coding, PredictionErrors
from service.contract.part import Part
from service.contract.posterior import Posterior

Severity = Literal["info", "warning"]
Rows = list[list[float | None]]
Where = dict[str, str | int | float | list[str] | list[float] | None]


class GroupSize(Part):
    """How many rows the groups of a factor have."""

    min: int
    median: float
    mean: float
    max: int


class GroupingFactor(Part):
    """A grouping factor and the coefficients that vary by it."""

    group: str = Field(description="Named as lme4 names it.", examples=["county"])
    n_groups: int
    terms: list[str] = Field(description="The coefficients that vary, term by term.")
    correlated: bool = Field(
        description="False where the coefficients stand in several terms, as those of `||` do: only those of one term "
        "are correlated."
    )
    group_size: GroupSize


class Model(Part):
    """What was fitted, to how much data."""

    formula: str
    response: str
    method: Literal["REML", "ML"]
    weights: str | None
    n_observations: int
    n_dropped: int = Field(description="Rows left out because a used column has no value.")
    fixed_terms: list[str] = Field(description="The coefficients, named as R names them.")
    aliased_terms: list[str] = Field(description="Columns dropped because earlier ones determine them.")
    grouping_factors: list[GroupingFactor]


class FixedEffect(Part):
    """A coefficient that does not vary by group.

    The statistic, its p-value and the interval go by `adjusted_std_error` where there is one, otherwise by `std_error`.
    """

    term: str
    estimate: float
    std_error: float | None = Field(description="As lme4's: it takes the variances as known.")
    adjusted_std_error: float | None = Field(
        description="Kenward and Roger's, which allows for the variances being estimated, of the model fitted by REML "
        "also where the method is ML; null unless `df` is kenward-roger."
    )
    statistic: float | None
    df: float | None
    p_value: float | None
    conf_low: float | None
    conf_high: float | None
    role: Literal["intercept", "observation_level", "group_level"] = Field(
        description="group_level: the column is constant within every group."
    )


class VarianceComponent(Part):
    """How much varies: between the groups of a factor, or within them (`Residual`)."""

    group: str
    term: str | None
    variance: float | None
    std_dev: float | None
    conf_low: float | None = Field(description="Of the standard deviation.")
    conf_high: float | None = Field(description="Of the standard deviation.")


class RandomCorrelation(Part):
    """The correlation of two coefficients of one term, which vary by the same factor."""

    group: str
    term_1: str
    term_2: str
    correlation: float | None = Field(description="Null where one of them does not vary.")
    conf_low: float | None
    conf_high: float | None


class IntraclassCorrelation(Part):
    """The share of the variance that lies between groups, averaged over the rows.

    `adjusted` leaves out what the coefficients explain, `conditional` counts it in the total. As in R's performance,
    of each factor the first term counts, and of that the intercept and what has a fixed effect as well; where more
    varies, a note tells the shares with all of it.
    """

    adjusted: float | None
    conditional: float | None
    by_group: dict[str, float | None] = Field(description="What each factor adds to `adjusted`.")
    conf_low: float | None = Field(description="Of `adjusted`.")
    conf_high: float | None = Field(description="Of `adjusted`.")


class RSquared(Part):
    """The share of the variance explained (Nakagawa & Schielzeth 2013): by the coefficients, and with the groups.

    What varies by groups counts as it does in the ICC.
    """

    marginal: float | None
    conditional: float | None


class Pooling(Part):
    """How far the groups of a factor are pulled toward the mean, where a varying intercept is all that varies by it.

    A group of `equivalent_n` rows (sigma_y^2 / sigma_alpha^2) has weight one half: larger ones lie nearer to their own
    mean, smaller ones nearer to the mean of all. Beside other factors both means are those of what the others leave:
    the numbers say how far a group is pulled were the effects of the other factors known.
    """

    group: str
    variance_ratio: float | None = Field(description="The factor's variance over the residual variance.")
    equivalent_n: float | None = Field(description="The inverse of the ratio, in rows or units of weight.")
    groups_below: int
    groups_above: int
    mean_weight: float


class RandomEffects(Part):
    """A factor's effects: each group's deviations from the mean, a column a coefficient, as lme4's ranef()."""

    levels: list[str]
    n: list[int]
    terms: list[str]
    estimate: Rows
    std_error: Rows = Field(
        description="Given the coefficients and variances, as the conditional variances of ranef()."
    )
    weight: list[float] | None = Field(
        description="n / (n + equivalent_n), the share of its own mean in a group's estimate; null unless a varying "
        "intercept is all that varies by the factor."
    )


class Coefficients(Part):
    """Each group's own line, as lme4's coef(): the coefficients with the group's deviations added.

    What varies, by this or another factor, without a fixed effect of its own stands in front and varies around 0.
    """

    levels: list[str]
    terms: list[str]
    estimate: Rows


class Statistics(Part):
    """How well the model fits. `criterion` is -2 log (restricted) likelihood with every constant."""

    criterion: float | None
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    deviance: float | None = Field(description="-2 log likelihood of the same model fitted by ML.")
    dic: float | None = Field(description="2 * deviance - criterion, as arm's display() prints it.")
    n_parameters: int
    df_residual: int
    sigma: float


class Convergence(Part):
    """The verdict on the optimum, and the evidence for it."""

    converged: bool
    singular: bool = Field(
        description="The optimum lies on the boundary: a variance is zero, a correlation one, or some combination of "
        "the coefficients of a term does not vary."
    )
    evaluations: int
    gradient_norm: float | None = Field(
        description="Distance to the optimum that the gradient implies, in standard errors; null without curvature."
    )
    theta: list[float | None] = Field(
        description="The relative covariance factors, in lme4's order: of a varying intercept, the groups' sd over the "
        "residual sd; null if infinite."
    )


class NextRequest(Part):
    """A request to make next."""

    method: Literal["GET", "POST"]
    path: str = Field(description="With its query.", examples=["/v1/fits/{id}/posterior"])
    body: dict[str, JsonValue] | None = Field(
        description="The body, or, where a fit or its pooling is asked for, what to send beside the data and the "
        "options of this fit's own request; null of a GET.",
        examples=[{"formula": "log_radon ~ floor + (1 | county)", "df": "kenward-roger"}],
    )


class Note(Part):
    """Something to know about this fit, with its numbers and a sentence of advice; `/v1/notes` lists every kind."""

    code: str
    severity: Severity
    message: str
    where: Where
    see: str = Field(description="The section or paper it rests on.")
    next: NextRequest | None = Field(default=None, description="What to ask next, if there is something to ask.")


class FitDocument(Part):
    """A fitted model."""

    id: str
    status: Literal["succeeded"]
    model: Model
    fixed_effects: list[FixedEffect]
    fixed_effects_covariance: Rows = Field(description="As lme4's vcov(): it takes the variances as known.")
    adjusted_covariance: Rows | None = Field(
        description="Kenward and Roger's covariance of the coefficients, of the model fitted by REML also where the "
        "method is ML; null unless `df` is kenward-roger."
    )
    variance_components: list[VarianceComponent]
    random_correlations: list[RandomCorrelation]
    icc: IntraclassCorrelation
    r_squared: RSquared
    pooling: list[Pooling]
    random_effects: dict[str, RandomEffects] | None
    coefficients: dict[str, Coefficients] | None
    coding: Coding
    prediction: PredictionErrors
    fitted: list[float] | None
    residuals: list[float] | None
    bootstrap: BootstrapDraws | None = Field(description="Of intervals by bootstrap; null of others.")
    posterior: Posterior | None = Field(description="With the uniform prior; where that is improper, a note says so.")
    statistics: Statistics
    convergence: Convergence
    notes: list[Note]


class RandomPart(Part):
    """A term in bars, as the model reads it."""

    terms: list[str]
    group: str
    correlated: bool


class FormulaExpansion(Part):
    """A formula's meaning: R's algebra done."""

    formula: str
    response: str
    intercept: bool
    fixed_terms: list[str]
    offsets: list[str]
    random_terms: list[RandomPart]
    variables: list[str] = Field(description="The columns of the data the formula uses.")
