"""A job as clients see it: where accepted work stands, until it is a fit."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.contract.part import Part
from service.contract.problem import Failure

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

STAGES = ("read", "design", "fit", "report")


class JobView(Part):
    """Where a job stands. Once it has succeeded, its path answers with the fit document."""

    id: str
    status: Status
    stage: str | None = Field(description="What a running job was last seen to do: `read`, `design`, `fit`, `report`.")
    progress: float = Field(description="From 0 to 1, by its stage: stages take as long as they take.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int = Field(description="How often it was begun: again where the process that ran it died.")
    fit: str | None = Field(description="The path of the fit it led to.")
    problem: Failure | None = Field(description="Why it failed.")


class FitEntry(Part):
    """A fit, or a job that is not over, in a list."""

    id: str
    status: Status
    created_at: datetime
    bytes: int | None = Field(description="The size of the document; null for a job.")


class FitList(Part):
    """The caller's jobs that are not over, then their fits, both from the newest on."""

    fits: list[FitEntry]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


def progress_of(status: Status, stage: str | None) -> float:
    """How far a job has come."""
    if status == "succeeded":
        return 1.0
    return STAGES.index(stage) / len(STAGES) if stage in STAGES else 0.0
