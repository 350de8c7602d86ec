"""Designs: what a study that is planned will tell, asked and answered in numbers alone, without data."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from service.contract.part import Part
from service.contract.request import Method

MOST_GROUPS = 1_000_000
"""Groups of one size, or rows in a group, that a design may have."""

MOST_SIZES, MOST_DIFFERENT_SIZES = 10_000, 500
"""Sizes that may be listed, and how many of them may differ."""

Deviation = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Size = Annotated[int, Field(ge=1, le=MOST_GROUPS)]


class _Words(BaseModel):
    """Words of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def _refuse(self, name: str, words: str) -> None:
        """Raise what is wrong with the field `name`."""
        fault = InitErrorDetails(
            type=PydanticCustomError("design", "{words}", {"words": words}), loc=(name,), input=None
        )
        raise ValidationError.from_exception_data(type(self).__name__, [fault])


class PlannedGroups(_Words):
    """The groups of a study: `n_groups` of one `size`, or the `sizes` of all."""

    n_groups: int | None = Field(None, ge=2, le=MOST_GROUPS, description="Groups, all of the same size.")
    size: Size | None = Field(None, description="Rows in each of `n_groups` groups.")
    # It ends at the first that is no size.
    sizes: Annotated[list[Size], Field(min_length=2, max_length=MOST_SIZES, fail_fast=True)] | None = Field(
        None, description=f"Rows in each group, in place of the two; at most {MOST_DIFFERENT_SIZES} different numbers."
    )

    @model_validator(mode="after")
    def _are_said_in_one_way(self) -> Self:
        if self.sizes is None:
            if self.n_groups is None or self.size is None:
                self._refuse("n_groups" if self.n_groups is None else "size", "Send `n_groups` and `size`, or `sizes`")
        elif self.n_groups is not None or self.size is not None:
            self._refuse("sizes", "Send `n_groups` and `size`, or `sizes`, not both")
        elif len(set(self.sizes)) > MOST_DIFFERENT_SIZES:
            self._refuse("sizes", f"At most {MOST_DIFFERENT_SIZES} sizes may differ: round them")
        return self

    def by_size(self) -> dict[int, int]:
        """How many groups there are of each size."""
        if self.sizes is not None:
            return dict(Counter(self.sizes))
        return {} if self.size is None or self.n_groups is None else {self.size: self.n_groups}


class PlannedCoefficient(_Words):
    """A coefficient the study is to find, and the test that is to find it."""

    effect: float = Field(
        allow_inf_nan=False, description="The coefficient, if it is there; not 0.", examples=[0.3, -0.69]
    )
    sd: float = Field(gt=0, allow_inf_nan=False, description="The standard deviation of its predictor.")
    level: Literal["observation", "group"] = Field(
        description="Where the predictor varies: from row to row, whatever the group, or from group to group, the same "
        "for all rows of one. `sd_between` is then what the predictor leaves."
    )
    test_level: float = Field(
        0.05, ge=1e-12, lt=1, description="The probability with which the two-sided test finds what is not there."
    )
    power: float | None = Field(
        None, gt=0, lt=1, description="The power that is wanted: the answer says what it takes.", examples=[0.8]
    )

    @model_validator(mode="after")
    def _is_an_effect(self) -> Self:
        if self.effect == 0.0:
            self._refuse("effect", "An effect of 0 cannot be found: send the smallest that matters")
        return self


class DesignRequest(_Words):
    """A study that is planned: how many groups of which size, and how far they and their rows may vary."""

    groups: PlannedGroups = Field(examples=[{"n_groups": 20, "size": 5}, {"sizes": [2, 3, 5, 8, 13]}])
    sd_between: Deviation = Field(
        description="The standard deviation between groups that is thought of, sigma_alpha.", examples=[0.33]
    )
    sd_within: Deviation = Field(description="The standard deviation within groups, sigma_y.", examples=[0.76])
    coefficient: PlannedCoefficient | None = Field(None, description="A coefficient to find, if there is one.")
    method: Method = Field("REML", description="The criterion the study's model will be fitted by.")
    confidence_level: float = Field(0.95, gt=0, lt=1, description="The level of the intervals.")
    replicates: int = Field(4000, ge=100, le=20_000, description="Data sets to simulate.")
    seed: int = Field(1, ge=0, lt=2**63, description="Where the simulation begins; the same seed, the same answer.")


class MeanPrecision(Part):
    """How well the mean of all groups, mu, will be known: by generalised least squares, if the variances are known."""

    std_error: float
    design_effect: float = Field(
        description="Its variance over that of as many independent rows: 1 + (size - 1) ICC if all groups have one "
        "size (Kish 1965, section 5.4)."
    )
    effective_n: float = Field(description="Independent rows that would tell as much.")


class SizeAnswer(Part):
    """What groups of one size get."""

    size: int
    n_groups: int
    weight: float = Field(
        description="The share of its own mean in a group's estimate: size / (size + equivalent_n) (Gelman & Hill "
        "2007, section 12.2)."
    )
    std_error_known: float = Field(
        description="The root mean squared error of a group's alpha_j if the variances are known (Harville 1976)."
    )
    std_error: float = Field(description="The same where they are estimated, simulated.")
    coverage: float | None = Field(description="As `coverage.plug_in`, for groups of this size.")


class ZeroEstimate(Part):
    """How probable it is that the variance between groups will be estimated as exactly 0, whatever it is.

    `probability` is computed from the distribution of the slope of the criterion at 0, which must not be negative
    (Crainiceanu & Ruppert 2004). With groups of one size it is P(F < 1 / (1 + size variance_ratio)) for F with J - 1
    and N - J degrees of freedom (by ML, of J / (J - 1) times that bound). With unequal sizes it is an upper bound, as a
    lower minimum may lie elsewhere: `simulated` looks for that.
    """

    probability: float
    simulated: float | None = Field(
        description="The share of simulated data sets, which misses by the root of p (1 - p) / replicates; null where "
        "nothing varies within groups."
    )


class PlugInCoverage(Part):
    """How often intervals of an alpha_j hold that take the estimated variances for the true ones; simulated.

    The mean over all groups, for the wanted confidence level. Null where nothing varies within groups: each alpha_j is
    then known exactly.
    """

    plug_in: float | None = Field(
        description="Of intervals by the `std_error` of `random_effects`, as those of ranef(): mu is taken as known "
        "too."
    )
    with_mean: float | None = Field(description="Of intervals that count the error of mu.")
    monte_carlo_error: float | None = Field(description="The standard error of both that simulation leaves, at most.")


class CoefficientPower(Part):
    """How well the coefficient will be known, and found.

    The standard error is that of generalised least squares with known variances, the test a t test with J - 2 degrees
    of freedom on the group level, as many as are left within groups on the observation level, noncentral where the
    effect is there (Snijders & Bosker 1993; Gelman & Hill 2007, section 20.4).
    """

    std_error: float
    df: int
    power: float
    n_groups_wanted: int | None = Field(
        description="Groups that reach the wanted power, in the same mix of sizes; null if none is wanted or ten "
        "million do not."
    )
    size_wanted: int | None = Field(
        description="Rows in each of as many groups, all alike, that reach it; null if none is wanted or no size does: "
        "on the group level more rows do not replace groups."
    )


class DesignAnswer(Part):
    """What a study that is planned will tell."""

    n_groups: int
    n_observations: int
    icc: float = Field(description="sigma_alpha^2 / (sigma_alpha^2 + sigma_y^2).")
    variance_ratio: float | None = Field(description="sigma_alpha^2 / sigma_y^2; null where nothing varies within.")
    equivalent_n: float | None = Field(
        description="Its inverse: the rows that a group's own mean needs to weigh one half (Gelman & Hill 2007, "
        "section 12.3); null where groups do not vary."
    )
    mean_weight: float
    mean: MeanPrecision
    zero_estimate: ZeroEstimate
    coverage: PlugInCoverage
    sizes: list[SizeAnswer] = Field(description="A row for each size, from the smallest.")
    coefficient: CoefficientPower | None
