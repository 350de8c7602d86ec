"""Tests of variances: whether what varies by groups could as well not vary."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.contract.chi_squared import ChiSquared
from service.contract.part import Part
from service.contract.simulations import LARGEST_SEED


class VarianceTestRequest(BaseModel):
    """How the law of a statistic is simulated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(default=10_000, ge=100, le=100_000, description="Draws of a statistic whose law is simulated.")
    seed: int = Field(default=1, ge=0, le=LARGEST_SEED, description="The same seed draws the same numbers.")


class SimulatedLaw(Part):
    """How the law of the statistic was drawn."""

    n: int
    seed: int
    std_error: float | None = Field(description="Of `p_value`: what another seed may change.")


class VarianceTest(Part):
    """A model with and without something that varies, by the likelihood ratio on the fit's own criterion."""

    group: str
    terms: list[str] = Field(description="The coefficients of the random term, as they vary in the fit.")
    removed: list[str] = Field(description="Those the smaller model has not.", examples=[["floor"]])
    statistic: float | None = Field(description="Twice the difference of the two (restricted) log likelihoods.")
    n_parameters: int = Field(description="Variances and correlations that the smaller model has not.")
    method: Literal["exact", "mixture", "conservative"] = Field(
        description="Where `p_value` is from. `exact`: one coefficient varies alone, and the law of the statistic with "
        "these rows is simulated (Crainiceanu & Ruppert 2004). `mixture`: the law with many groups (Self & Liang 1987; "
        "Stram & Lee 1994), if the other variances are not zero. `conservative`: several coefficients are removed at "
        "once, and the naive value is an upper bound."
    )
    p_value: float | None
    p_value_mixture: float | None
    p_value_naive: float | None = Field(
        description="Of a chi-squared with all parameters, as if none were on a boundary: too large."
    )
    mixture: list[ChiSquared] | None
    simulated: SimulatedLaw | None = Field(description="Null unless the method is exact.")


class VarianceTests(Part):
    """What a fit can do without, one at a time: each term by which something varies, unless it is part of a larger one.

    As lmerTest's ranova, `(x | g)` is compared with `(1 | g)`, and `(1 | g)` with a model without it. Estimates of
    the fit and their intervals say how much varies; a test only says whether zero would do as well.
    """

    method: Literal["REML", "ML"]
    tests: list[VarianceTest]
