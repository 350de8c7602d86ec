"""Comparisons: several formulas of one response go in, their criteria and likelihood-ratio tests come out."""

from typing import Annotated, Literal

from pydantic import Field

from service.contract.chi_squared import ChiSquared
from service.contract.part import Part
from service.contract.request import Method, RowOptions

MOST_COMPARED = 100
"""Formulas of one comparison."""


class ComparisonOptions(RowOptions):
    """Formulas to compare, and how the rows become those of their models."""

    formulas: Annotated[list[str], Field(min_length=2, max_length=MOST_COMPARED, fail_fast=True)] = Field(
        description="R formulas of one response. One or more may have no term in bars: complete pooling.",
        examples=[["log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)"]],
    )
    method: Method = Field(
        "ML",
        description="Taken, so that a fit's request will do, but every model is fitted by ML: REML's are no tests.",
    )


class ComparedModel(Part):
    """A model fitted by ML, and how well it does."""

    index: int = Field(description="Which of the formulas it is, counted from 0.")
    formula: str
    n_parameters: int = Field(description="Coefficients, the elements of theta, and sigma.")
    log_likelihood: float | None
    deviance: float | None = Field(description="-2 log likelihood.")
    aic: float | None
    bic: float | None
    aic_difference: float | None = Field(description="AIC less the least AIC of all.")
    aic_weight: float | None = Field(description="The share of exp(-aic_difference / 2) in its sum over the models.")
    converged: bool
    singular: bool = Field(description="The optimum lies on the boundary, as in a fit's `convergence`.")


class TestedVariance(Part):
    """A variance that the smaller model takes to be zero."""

    group: str
    term: str


class TestedCovariance(Part):
    """A covariance that the smaller model takes to be zero, or does not have."""

    group: str
    term_1: str
    term_2: str


class TestedDifference(Part):
    """What the larger model has that the smaller has not; all of it together is tested."""

    text: str = Field(description="The same in words.", examples=["the coefficient of floor"])
    fixed_terms: list[str]
    variances: list[TestedVariance]
    covariances: list[TestedCovariance]


class LikelihoodRatioTest(Part):
    """The test of a larger model against a smaller one, or why there is none."""

    smaller: int = Field(description="The `index` of the smaller model.")
    larger: int = Field(description="The `index` of the larger model.")
    nested: bool = Field(description="Whether the smaller model is a special case of the larger.")
    difference: TestedDifference | None = Field(description="What is tested; null unless the models are nested.")
    statistic: float | None = Field(description="Twice the gain in log likelihood.")
    df: int | None = Field(description="Parameters that are tested.")
    p_value: float | None = Field(description="An upper bound where `p_value_is_bound` says so.")
    p_value_is_bound: bool = Field(
        description="Several variances are tested, whose mixture depends on the data: the p-value is the one without a "
        "boundary, which is never too small."
    )
    distribution: Literal["chi2", "chi2_mixture"] | None = Field(
        description="A mixture where a variance is tested: 0 is the least it can be, and half of the time nothing is "
        "gained by it (Stram & Lee 1994)."
    )
    components: list[ChiSquared] = Field(description="What the distribution is made of.")
    reason: str | None = Field(description="Why there is no test.")


class ComparisonDocument(Part):
    """Models of the same rows, side by side."""

    response: str
    method: Literal["ML"]
    weights: str | None
    n_observations: int = Field(description="Rows that are complete for all formulas together.")
    n_dropped: int = Field(description="Rows left out because a column that any of the formulas uses has no value.")
    models: list[ComparedModel] = Field(description="By number of parameters, as R's anova() has them.")
    tests: list[LikelihoodRatioTest] = Field(
        description="Each model against the one before it; where that is not nested in it, also against the last one "
        "before that is."
    )
