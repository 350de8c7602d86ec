"""What a client asks for: the formulas and the options of fits, strictly checked, without their data."""

import math
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

MOST_MODELS = 1000
"""Models that one request may ask for."""

LONG = 200_000
"""Numbers of a part of the document from which it is left out where the others tell the same, or few need it."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Method = Literal["REML", "ML"]
Contrast = Literal["treatment", "sum", "helmert", "poly"]
Intervals = Literal["wald", "profile", "bootstrap", "none"]
LongPart = Literal["random_effects", "coefficients", "prediction", "fitted", "residuals", "posterior"]


def _ratio(value: object) -> object:
    """`"inf"` and a bare number as the list they stand for."""
    values = value if isinstance(value, list) else [value]
    return [math.inf if item == "inf" else item for item in values]


def several(value: object) -> object:
    """One word as the list it stands for."""
    return [value] if isinstance(value, str) else value


def _in_range(theta: list[float]) -> list[float]:
    """The elements of lower triangular matrices; a single one is a ratio of standard deviations."""
    if any(math.isnan(value) for value in theta):
        raise PydanticCustomError("theta", "Input should be a valid number")
    if len(theta) == 1 and theta[0] < 0:
        raise PydanticCustomError("theta", "Input should be greater than or equal to 0")
    return theta


Theta = Annotated[
    list[Annotated[float, Field(strict=True)]],
    AfterValidator(_in_range),
    BeforeValidator(
        _ratio,
        json_schema_input_type=list[float | Literal["inf"]] | float | Literal["inf"],
    ),
]
LongParts = Annotated[list[LongPart], BeforeValidator(several, json_schema_input_type=list[LongPart] | LongPart)]


class RowOptions(BaseModel):
    """How the rows of a table become those of a model: what weighs them, what is missing, how factors are coded."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    weights: Name | None = Field(None, description="The column of prior (precision) weights, as lmer's.")
    missing: Literal["drop", "error"] = Field(
        "drop", description="What to do with rows that lack a value in a used column."
    )
    levels: dict[Name, list[str]] = Field(
        default_factory=dict,
        description="The order of a factor's levels; the first is the baseline. Otherwise code-point order.",
        examples=[{"type": ["small", "large"]}],
    )
    contrasts: dict[Name, Contrast] = Field(
        default_factory=dict, description="The coding of a factor.", examples=[{"type": "sum"}]
    )


class FitOptions(RowOptions):
    """One formula, or several, and how to fit them. All other options have a default; none is unknown."""

    formula: str | None = Field(
        None,
        description="An R formula with one or more terms in bars; `cbind(a, b) ~ x + (1 | g)` stands for one formula "
        "for each response. As in lmer, `(x + f || g)` of a number x and a factor f stands for "
        "`(1 | g) + (0 + x | g) + (0 + f | g)`: terms are uncorrelated, the columns of a factor are not.",
        examples=["log_radon ~ floor + (1 | county)", "log_radon ~ floor + (floor | county)"],
    )
    # It ends at the first that is no text: a million numbers are not a million faults.
    formulas: Annotated[list[str], Field(min_length=1, max_length=MOST_MODELS, fail_fast=True)] | None = Field(
        None,
        description="Several formulas, in place of `formula`. The other options are for all of them.",
        examples=[["log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)"]],
    )
    method: Method = Field("REML", description="The criterion: restricted or full maximum likelihood.")
    confidence_level: float = Field(0.95, gt=0, lt=1, description="The level of every interval.")
    intervals: Intervals = Field(
        "wald",
        description="Intervals of all parameters. wald: from standard errors, each on a scale without bounds; profile: "
        "all values that the criterion does not contradict, which may start at a standard deviation of 0; bootstrap: "
        "percentiles of 1,000 fits to data drawn from the model.",
    )
    df: Literal["satterthwaite", "kenward-roger", "residual", "none"] = Field(
        "satterthwaite",
        description="Denominator degrees of freedom of the coefficients; none means a normal reference. kenward-roger "
        "adjusts the standard errors that tests and intervals go by as well, and is that of the fit by REML whichever "
        "the method.",
    )
    theta: Theta | None = Field(
        None,
        description="Hold the relative covariance factors at these values, in the order of `convergence.theta`, "
        "instead of estimating them: of a varying intercept, the groups' sd over the residual sd, where 0 is complete "
        'pooling, "inf" no pooling.',
        examples=[0, 0.5, "inf", [0.967, 0.015, 0.231]],
    )
    include: LongParts = Field(
        ["random_effects", "coefficients"],
        description=f"The long parts of the document. `coefficients` of more than {LONG:,} numbers are left out beside "
        "`random_effects`, which with the fixed effects tell them. `prediction` asks for what standard errors of "
        "predictions need of each group, which is there beside `random_effects` anyway unless it has more numbers.",
    )

    @model_validator(mode="after")
    def _has_one_of_the_two(self) -> Self:
        if (self.formula is None) == (self.formulas is None):
            words = "Send either `formula` or `formulas`" + ("" if self.formula is None else ", not both")
            fault = InitErrorDetails(type=PydanticCustomError("formulas", words), loc=("formula",), input=None)
            raise ValidationError.from_exception_data(type(self).__name__, [fault])
        return self


class FormulaRequest(BaseModel):
    """A formula to parse and expand, and the columns that `.` stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    formula: str = Field(description="An R formula.", examples=["y ~ (a + b + c)^2 - a:b + (1 | g)"])
    columns: list[str] | None = Field(None, description="The names of the data's columns, if the formula has a dot.")
