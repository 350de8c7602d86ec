"""The intervals of a fit's parameters, in the names clients rely on."""

from typing import Literal

from pydantic import Field

from service.contract.part import Part

IntervalMethod = Literal["wald", "profile"]
Parameter = Literal["fixed_effect", "std_dev", "correlation", "icc"]


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
