"""Predictions of new rows: what a client asks for, and what comes back, row by row or column by column."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.contract.part import Part

GroupStatus = Literal["known", "new", "missing"]
RowStatus = Literal["predicted", "missing_predictor"]
Level = Literal["conditional", "population"]


class PredictionOptions(BaseModel):
    """How to predict new rows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    level: Level = Field(
        "conditional",
        description="conditional: of each row's own groups, as far as the fit knew them. population: of the mean over "
        "all groups; columns of groups are not needed.",
    )
    new_groups: Literal["population", "error"] = Field(
        "population",
        description="What to do with a group that the fit did not have: predict the mean over all groups, its effect "
        "being 0 as far as anyone knows; or refuse.",
    )
    interval: Literal["none", "mean", "observation"] = Field(
        "none",
        description="mean: an interval of the row's expected value. Of a known group that is x'beta + z'b; of a new or "
        "missing one it is the line of that group, so that its variance counts how much groups vary; at the level of "
        "the population it is x'beta alone. observation: an interval of one more observation, which adds the residual "
        "variance (over the row's prior weight, where the fit had weights and the data have their column), and at the "
        "level of the population how much groups vary.",
    )
    confidence_level: float = Field(0.95, gt=0, lt=1, description="The level of the intervals.")
    variance_uncertainty: bool = Field(
        False,
        description="Whether intervals count how little the variances are known, which matters with few groups. They "
        "are then those of the posterior with a flat prior on the coefficients and on the standard deviation between "
        "groups, and 1/sigma^2 on the residual variance; otherwise the variances are taken as known, and quantiles as "
        "normal. Needs a varying intercept by one factor to be all that varies, and a document that was fitted with "
        "`prediction` in `include`.",
    )
    format: Literal["records", "columns"] = Field(
        "records", description="An object for each row, or a list for each number: the quicker way for many rows."
    )


class Prediction(Part):
    """The prediction of one row; null where a predictor is missing."""

    status: RowStatus
    estimate: float | None = Field(description="The expected value of the response.")
    std_error: float | None = Field(
        description="The standard error of the expected value, or of an observation where its interval is asked for, "
        "the variances taken as known. Null where it has no bound or the document does not tell it; a note says why."
    )
    conf_low: float | None
    conf_high: float | None
    groups: dict[str, GroupStatus] = Field(
        description="Of each factor whether the fit knew the row's group; empty at the level of the population.",
        examples=[{"county": "known"}],
    )


class PredictionColumns(Part):
    """The predictions of all rows, a list for each number."""

    status: list[RowStatus]
    estimate: list[float | None]
    std_error: list[float | None]
    conf_low: list[float | None]
    conf_high: list[float | None]
    groups: dict[str, list[GroupStatus]]


class PredictionNote(Part):
    """Something to know about these predictions."""

    code: Literal["no_random_effects", "no_group_errors", "no_bound", "no_weights"]
    message: str


class Predictions(Part):
    """Predictions of new rows, one for each in their order."""

    level: Level = Field(description="The level of the predictions: `population` where the document has no effects.")
    predictions: list[Prediction] | PredictionColumns = Field(description="As `format` asks.")
    notes: list[PredictionNote]
