"""The exact posterior of a fit: what is asked, and what is answered."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from service.contract.part import Part

SpreadPrior = Literal["uniform", "half-t", "half-normal"]


class PosteriorRequest(BaseModel):
    """The prior of a posterior, and what it is summarised by, as the words of a query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prior: SpreadPrior = Field(
        default="uniform",
        description="The prior of sigma_alpha, the standard deviation between groups. `uniform` is flat from 0 on; it "
        "needs two groups more than there are group-level coefficients, the intercept among them: three where it is "
        "the only one. `half-t` and `half-normal` are the halves above 0 of such a distribution around 0 and need a "
        "`scale`. The coefficients and the logarithm of sigma_y have flat priors.",
    )
    scale: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="The scale of a half-t or half-normal prior, in units of the response.",
    )
    df: float | None = Field(
        default=None,
        ge=1,
        allow_inf_nan=False,
        description="The degrees of freedom of a half-t prior, 3 unless given; 1 is half a Cauchy distribution.",
    )
    confidence_level: float | None = Field(
        default=None, gt=0, lt=1, description="The level of every interval; that of the fit unless given."
    )
    groups: bool | None = Field(
        default=None,
        description="Whether to tell every group's posterior. Unless given, they are told where there are 20,000 or "
        "fewer.",
    )
    at: Json[dict[str, Annotated[float, Field(strict=True, allow_inf_nan=False)]]] = Field(
        default_factory=dict,
        description="Values of coefficients' columns at which `new_observation` is made, as JSON; the others are at "
        "their means over the rows.",
        examples=['{"floor": 1}'],
    )

    @model_validator(mode="after")
    def _has_what_its_prior_needs(self) -> Self:
        if self.prior != "uniform" and self.scale is None:
            raise self._fault("scale", f"A {self.prior} prior needs a scale, in units of the response")
        if self.prior == "uniform" and self.scale is not None:
            raise self._fault("scale", "The uniform prior has no scale")
        if self.prior != "half-t" and self.df is not None:
            raise self._fault("df", "Only a half-t prior has degrees of freedom")
        return self

    def _fault(self, place: str, words: str) -> ValidationError:
        kind = PydanticCustomError("prior", "{words}", {"words": words})
        fault = InitErrorDetails(type=kind, loc=(place,), input=None)
        return ValidationError.from_exception_data(type(self).__name__, [fault])


class PosteriorPrior(Part):
    """The prior of sigma_alpha that a posterior rests on; the coefficients and log sigma_y have flat ones."""

    sigma_alpha: SpreadPrior
    scale: float | None
    df: float | None


class Marginal(Part):
    """The posterior of one quantity. The interval leaves the same probability on either side."""

    mean: float | None = Field(description="Null where the tails are too heavy for a mean, as with very few groups.")
    median: float
    sd: float | None = Field(description="Null where the tails are too heavy for a standard deviation.")
    conf_low: float
    conf_high: float


class CoefficientMarginal(Marginal):
    """The posterior of a coefficient."""

    term: str


class ObservationMarginal(Marginal):
    """The posterior of an observation, of weight 1 and without offset, in a group that is not among these."""

    at: dict[str, float] = Field(description="The columns of the coefficients where it is made.")


class Marginals(Part):
    """The posteriors of one quantity for each group, in the order of `levels`."""

    mean: list[float | None]
    median: list[float]
    sd: list[float | None]
    conf_low: list[float]
    conf_high: list[float]


class GroupMarginals(Part):
    """The posteriors of a factor's groups."""

    levels: list[str]
    intercept: Marginals = Field(description="The group's own intercept: the line where every predictor is 0.")
    deviation: Marginals = Field(description="How far that lies from the intercept of the average group.")


class PosteriorGrid(Part):
    """The posterior of the two standard deviations as nodes, for averages of anything else over it.

    Given both, everything else is normal. The average over the nodes of what varies from 0 to 1, as smoothly as the
    posterior itself, errs by about `error`.
    """

    theta: list[float] = Field(description="sigma_alpha over sigma_y at the nodes of one axis.")
    sigma_y: list[list[float]] = Field(description="sigma_y at the nodes of the other: a row for each theta.")
    weight: list[list[float]] = Field(description="The posterior's share at each pair; they add up to 1.")


class Posterior(Part):
    """The exact posterior of a model with one varying intercept."""

    prior: PosteriorPrior
    confidence_level: float
    coefficients: list[CoefficientMarginal]
    sigma_alpha: Marginal = Field(description="The standard deviation between groups.")
    sigma_y: Marginal = Field(description="The residual standard deviation.")
    icc: Marginal = Field(description="The share of the variance that lies between groups.")
    groups: dict[str, GroupMarginals] | None = Field(
        description="By grouping factor, of which there is one; null where they are not told."
    )
    new_group: Marginal = Field(description="The intercept of a group that is not among these.")
    new_observation: ObservationMarginal
    grid: PosteriorGrid
    error: float = Field(
        description="About what a probability, such as that of an interval, may be wrong by: what changes when every "
        "second node is left out."
    )
