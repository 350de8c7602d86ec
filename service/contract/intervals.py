"""The intervals of a fit's parameters, in the names clients rely on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.contract.bootstrap import BootstrapDraws
from service.contract.part import Part
from service.contract.simulations import LARGEST_SEED

IntervalMethod = Literal["wald", "profile", "bootstrap"]
Parameter = Literal["fixed_effect", "std_dev", "correlation", "icc"]


class IntervalRequest(BaseModel):
    """How intervals are found; `n` and `seed` are of a bootstrap alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: IntervalMethod = Field(default="wald", description="How the intervals are found.")
    confidence_level: float | None = Field(
        default=None, gt=0, lt=1, description="The level of every interval; that of the fit unless given."
    )
    n: int = Field(default=1000, ge=100, le=10_000, description="Fits of a bootstrap to data drawn from the model.")
    seed: int = Field(
        default=1, ge=0, le=LARGEST_SEED, description="Of a bootstrap's draws: the same seed, the same ends."
    )


class ParameterInterval(Part):
    """The interval of one parameter."""

    parameter: Parameter
    group: str | None = Field(description="The factor it varies by, or `Residual`; null where none is meant.")
    term: str | None = Field(description="The coefficient; null for `Residual` and `icc`.")
    term_2: str | None = Field(description="The other coefficient of a correlation.")
    estimate: float | None
    conf_low: float | None
    conf_high: float | None
    reason: str | None = Field(description="Why an end, or both, do not exist; null where they do.")


class IntervalTable(Part):
    """The intervals of all parameters.

    The coefficients come first, then the standard deviations with that of the residuals last, the correlations, each in
    the order of the fit document, and the adjusted intraclass correlation.
    """

    method: IntervalMethod
    confidence_level: float
    intervals: list[ParameterInterval]
    bootstrap: BootstrapDraws | None = Field(description="Null for other methods.")
