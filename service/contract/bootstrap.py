"""The bootstrap: what stands beside intervals that were drawn."""

from pydantic import Field

from service.contract.part import Part


class BootstrapDraws(Part):
    """How often the model was fitted to data drawn from it, new effects for every group."""

    n: int = Field(description="Fits that were tried.")
    failed: int = Field(description="Of these, fits that did not converge or do not exist; the intervals are without.")
    seed: int
