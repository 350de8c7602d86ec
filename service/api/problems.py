"""Problems: the one place where a code meets an HTTP status, and every refusal becomes one shape (RFC 9457).

In come the failures that workers report, the errors of this process and those of the framework; out goes
`application/problem+json`. Nothing of a request is repeated beyond what the failure's own sentence quotes.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from service.api.correlation import request_id
from service.api.resources import Pace, resources_of
from service.contract import Failure, Problem, Reply, failure_of
from service.errors import (
    Fault,
    InvalidRequest,
    NotReady,
    QueueFull,
    RateLimited,
    ServiceError,
    TooManyConnections,
    Unauthorized,
)

PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """What HTTP makes of a code: a status, and a title that is the same each time."""

    status: int
    title: str


KINDS = {
    "malformed_http": Kind(400, "This is not HTTP"),
    "head_too_large": Kind(431, "The request line and the headers are too large"),
    "head_too_slow": Kind(408, "The request took too long to arrive"),
    "too_many_connections": Kind(503, "Too many connections are open"),
    "malformed_body": Kind(400, "The body is not what its media type promises"),
    "unauthorized": Kind(401, "A key is needed"),
    "not_found": Kind(404, "Nothing is here"),
    "method_not_allowed": Kind(405, "This resource does not do that"),
    "not_acceptable": Kind(406, "The answer has no such form"),
    "body_too_slow": Kind(408, "The body took too long to arrive"),
    "not_finished": Kind(409, "The fit is not finished"),
    "body_too_large": Kind(413, "The body is too large"),
    "unsupported_media_type": Kind(415, "This media type is not read here"),
    "invalid_request": Kind(422, "An option does not fit"),
    "formula_syntax": Kind(422, "The formula is not a formula"),
    "unknown_column": Kind(422, "A column is not in the data"),
    "unknown_function": Kind(422, "The formula calls an unknown function"),
    "wrong_type": Kind(422, "A value is of the wrong type"),
    "column_lengths_differ": Kind(422, "Columns have different lengths"),
    "not_finite": Kind(422, "A number is infinite or undefined"),
    "missing_values": Kind(422, "Values are missing"),
    "no_observations": Kind(422, "No row is left to fit"),
    "too_few_groups": Kind(422, "A grouping factor has a single group"),
    "all_singletons": Kind(422, "Every group has a single row"),
    "too_many_parameters": Kind(422, "The model has more parameters than the data can tell apart"),
    "unsupported_model": Kind(422, "This model cannot be fitted"),
    "rate_limited": Kind(429, "Too many requests"),
    "internal": Kind(500, "The service failed"),
    # Not 503: what killed two workers should not be sent again by a proxy that retries.
    "worker_died": Kind(500, "The process doing the work died"),
    "not_ready": Kind(503, "No worker answers"),
    "queue_full": Kind(503, "Too many requests are waiting"),
    "deadline_exceeded": Kind(504, "The work took too long"),
}

INTERNAL = Failure(code="internal", detail="The service failed while it worked on this request. Its log says why.")


def problem_response(failure: Failure, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that a failure stands for."""
    kind = KINDS[failure.code]
    problem = Problem(
        type=f"urn:partialpool:problem:{failure.code}",
        title=kind.title,
        status=kind.status,
        detail=failure.detail,
        code=failure.code,
        errors=failure.errors,
        request_id=request_id.get(),
    )
    return Response(problem.model_dump_json(), kind.status, headers, PROBLEM)


def reported(reply: Reply) -> Response:
    """The answer to a failure that a worker reports."""
    return problem_response(Failure.model_validate_json(reply.body))


async def refused(request: Request, error: ServiceError) -> Response:
    """The answer to an error of this process."""
    return refusal_response(error, resources_of(request).pace)


def refusal_response(error: ServiceError, pace: Pace) -> Response:
    """The answer that an error stands for: 401 says how to come in, 429 and 503 when to try again."""
    headers = {}
    match error:
        case Unauthorized():
            headers = {"WWW-Authenticate": "Bearer"}
        case RateLimited(wait=seconds):
            headers = {"Retry-After": str(seconds)}
        case QueueFull():
            headers = {"Retry-After": str(pace.wait())}
        case NotReady() | TooManyConnections():  # Workers start, and idle connections end, within a second or few.
            headers = {"Retry-After": "1"}
    return problem_response(failure_of(error), headers)


async def misdirected(request: Request, error: HTTPException) -> Response:
    """The answer to a path or a method that no route has."""
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method[:40]} is not possible here; {allowed} is."
        return problem_response(Failure(code="method_not_allowed", detail=detail), error.headers)
    return problem_response(Failure(code="not_found", detail="No resource has this path; / lists those that exist."))


async def misparametrised(request: Request, error: RequestValidationError) -> Response:
    """The answer to a parameter that does not fit, without the value that was sent."""
    found = [(str(fault["loc"][-1]), str(fault["msg"])) for fault in error.errors()]
    faults = [Fault(f"{name}: {message}.", pointer=f"/{name}") for name, message in found]
    return problem_response(failure_of(InvalidRequest(faults[0].message, *faults)))


async def deserted(request: Request, error: ClientDisconnect) -> Response:
    """The answer that nobody will read, as the client has gone."""
    return Response(status_code=499)


# Typed as the framework types it.
HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ServiceError: refused,
    HTTPException: misdirected,
    RequestValidationError: misparametrised,
    ClientDisconnect: deserted,
}
