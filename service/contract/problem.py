"""A problem: what went wrong, in one shape everywhere (RFC 9457, `application/problem+json`)."""

from pydantic import BaseModel, ConfigDict, Field

from service.errors import Fault, ServiceError


class Place(BaseModel):
    """One thing that is wrong, and where."""

    model_config = ConfigDict(frozen=True)

    message: str = Field(description="What is wrong at this place, in one sentence.")
    pointer: str | None = Field(None, description="JSON pointer into the request.", examples=["/data/floor/17"])
    column: str | None = Field(None, description="The column of the data.")
    row: int | None = Field(None, description="The row of the data, counted from 0.")
    position: int | None = Field(None, description="The character of the formula, counted from 0.")


class Failure(BaseModel):
    """A problem without what HTTP adds: a code, a sentence and the places."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="A stable code.", examples=["unknown_column"])
    detail: str = Field(description="What went wrong, in words for the caller.")
    errors: list[Place] = Field(default_factory=list, description="The places it is about.")


class Problem(BaseModel):
    """A problem document."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="A URI for the kind of problem.", examples=["urn:partialpool:problem:unknown_column"])
    title: str = Field(description="The kind of problem, the same words each time.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong, in words for the caller.")
    code: str = Field(description="A stable code.", examples=["unknown_column"])
    errors: list[Place] = Field(description="The places it is about.")
    request_id: str | None = Field(description="The request's id, as in its `X-Request-Id` and in the service's log.")


def failure_of(error: ServiceError, formula: str = "/formula") -> Failure:
    """The refusal that an error of this service stands for; `formula` points to the formula it is about."""
    return Failure(code=error.code, detail=error.detail, errors=[_place(fault, formula) for fault in error.faults])


def _place(fault: Fault, formula: str) -> Place:
    """The place of a fault; a position is one in the formula."""
    pointer = formula if fault.pointer is None and fault.position is not None else fault.pointer
    return Place(message=fault.message, pointer=pointer, column=fault.column, row=fault.row, position=fault.position)
