"""The pieces of the published schema with which routes describe themselves: answers, refusals and headers."""

from itertools import groupby
from typing import Any

from pydantic import BaseModel

from service.api import media
from service.api.problems import KINDS, PROBLEM
from service.contract import (
    Problem,
)

Piece = dict[str, Any]
"""A piece of OpenAPI. `Any`, as FastAPI types it: no type in use describes JSON Schema."""

FIT_HEADERS: Piece = {
    "Location": {"description": "The path of the fit.", "schema": {"type": "string"}},
    "Server-Timing": {"description": "Milliseconds of each stage of the work.", "schema": {"type": "string"}},
    "ETag": {"description": "What `If-None-Match` may name.", "schema": {"type": "string"}},
}
JOB_HEADERS: Piece = {
    "Location": {"description": "The path of the job.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which to look again.", "schema": {"type": "integer"}},
}
LINK: Piece = {
    "Link": {"description": 'The path of the next page, `rel="next"`, if there is one.', "schema": {"type": "string"}}
}
RETRY_AFTER: Piece = {
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}
}

FOLLOWING: Piece = {
    operation: {"operationId": operation, "parameters": {"id": "$response.body#/id"}}
    for operation in (
        "read_fit", "delete_fit", "read_summary", "read_events", "read_fixed_effects", "read_random_effects",
        "read_coefficients", "read_variance_components", "read_fitted", "predict_from_fit", "read_intervals",
        "read_posterior", "read_influence", "simulate_fit", "read_variance_tests",
    )
}  # fmt: skip
"""Where the id of a fit, or of a job, leads."""

EVENT: Piece = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "description": "The state of the job."},
        "data": {"type": "string", "contentMediaType": media.JSON},
    },
    "required": ["event", "data"],
}
"""A server-sent event, of which the schema is: of a stream OpenAPI 3.1 can say no more."""

READING = ("malformed_body", "body_too_slow", "body_too_large", "unsupported_media_type", "invalid_request")
MODELLING = (
    "column_lengths_differ", "wrong_type", "not_finite", "unknown_column", "missing_values", "formula_syntax",
    "unknown_function", "no_observations", "too_few_groups", "all_singletons", "too_many_parameters",
    "unsupported_model",
)  # fmt: skip
CODING = (
    "column_lengths_differ", "wrong_type", "not_finite", "unknown_column", "no_observations", "formula_syntax",
    "too_many_parameters", "unsupported_model",
)  # fmt: skip
RUNNING = ("internal", "worker_died", "queue_full", "storage_unavailable", "deadline_exceeded")


def reference(model: type[BaseModel]) -> Piece:
    """A reference to a published model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def answer(
    description: str, *models: type[BaseModel], headers: Piece | None = None, links: Piece | None = None
) -> Piece:
    """A response whose body is the model, or one of them, as JSON."""
    schemas = [reference(model) for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    found = {"description": description, "headers": headers or {}, "content": {media.JSON: {"schema": schema}}}
    return found if links is None else found | {"links": links}


def table(description: str, page: type[BaseModel]) -> dict[int | str, Piece]:
    """The responses of a tidy table: a page of it as JSON, or its rows alone in another form; and the refusals."""
    found = answer(description, page, headers=LINK)
    for form in (media.CSV, media.ARROW_STREAM):
        found["content"][form] = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: found,
        **refusals("not_found", "not_acceptable", "invalid_request", *MODELLING, *RUNNING),
    }


def refusals(*codes: str) -> dict[int | str, Piece]:
    """A response for each status among the codes, naming its codes, and one for what no code foresees."""

    def status(code: str) -> int:
        return KINDS[code].status

    content = {PROBLEM: {"schema": reference(Problem)}}
    named: dict[int | str, Piece] = {
        each: {
            "description": " ".join(f"`{code}`: {KINDS[code].title}." for code in group),
            "headers": RETRY_AFTER if each in (429, 503) else {},
            "content": content,
        }
        for each, group in groupby(sorted(codes, key=status), key=status)
    }
    return {**named, "default": {"description": "Any other refusal.", "content": content}}
