"""What a client asks for: the formula and the options of a fit, strictly checked, without its data."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Method = Literal["REML", "ML"]
Contrast = Literal["treatment", "sum", "helmert", "poly"]
LongPart = Literal["random_effects", "coefficients", "fitted", "residuals"]


def _ratio(value: object) -> object:
    """`"inf"` and a bare number as the list they stand for."""
    values = value if isinstance(value, list) else [value]
    return [math.inf if item == "inf" else item for item in values]


def _several(value: object) -> object:
    """One word as the list it stands for."""
    return [value] if isinstance(value, str) else value


Theta = Annotated[
    list[Annotated[float, Field(ge=0, strict=True)]],
    BeforeValidator(
        _ratio,
        json_schema_input_type=list[float | Literal["inf"]] | float | Literal["inf"],
    ),
]
LongParts = Annotated[list[LongPart], BeforeValidator(_several, json_schema_input_type=list[LongPart] | LongPart)]


class FitOptions(BaseModel):
    """A formula and how to fit it. Every field but the formula has a default; none is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    formula: str = Field(
        description="An R formula with one or more terms in bars.", examples=["log_radon ~ floor + (1 | county)"]
    )
    method: Method = Field("REML", description="The criterion: restricted or full maximum likelihood.")
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
    confidence_level: float = Field(0.95, gt=0, lt=1, description="The level of every interval.")
    intervals: Literal["wald", "none"] = Field(
        "wald", description="Intervals of the coefficients and standard deviations."
    )
    df: Literal["satterthwaite", "residual", "none"] = Field(
        "satterthwaite",
        description="Denominator degrees of freedom of the coefficients; none means a normal reference.",
    )
    theta: Theta | None = Field(
        None,
        description="Hold the relative covariance factor (group sd over residual sd) at this value instead of "
        'estimating it: 0 is complete pooling, "inf" no pooling.',
        examples=[0, 0.5, "inf"],
    )
    include: LongParts = Field(["random_effects", "coefficients"], description="The long parts of the document.")


class FormulaRequest(BaseModel):
    """A formula to parse and expand, and the columns that `.` stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    formula: str = Field(description="An R formula.", examples=["y ~ (a + b + c)^2 - a:b + (1 | g)"])
    columns: list[str] | None = Field(None, description="The names of the data's columns, if the formula has a dot.")
