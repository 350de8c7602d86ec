"""Simulations: how many responses to draw from a fit, and what is drawn."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.contract.part import Part

MOST_SIMULATIONS = 1000
"""Responses that one request may draw."""

MOST_NUMBERS = 5_000_000
"""Numbers of all responses together: some 100 MB of an answer."""

LARGEST_SEED = 2**53 - 1
"""The largest whole number that every reader of JSON holds."""


class SimulationRequest(BaseModel):
    """How many responses to draw from a fitted model, for the rows it was fitted to."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    n: int = Field(
        1,
        ge=1,
        le=MOST_SIMULATIONS,
        description=f"How many; at most {MOST_NUMBERS:,} numbers in all. The first of many are those of few.",
    )
    seed: int = Field(
        1, ge=0, le=LARGEST_SEED, description="The same seed draws the same numbers; another seed draws others."
    )
    groups: Literal["new", "same"] = Field(
        "new",
        description="`new`: each simulation draws new effects for all groups, as lme4's simulate() does. `same`: the "
        "groups keep their estimated effects (its `re.form = NULL`), and noise alone is drawn.",
    )


class Simulations(Part):
    """Responses drawn from a fitted model: on the left side's scale, with the weights and the offset of the fit."""

    n: int
    seed: int
    groups: Literal["new", "same"]
    rows: list[int] | None = Field(
        description="The rows of the data that were fitted, counted from 0; null if they are all of them."
    )
    simulations: list[list[float]] = Field(description="For each simulation a response for every row, in their order.")
