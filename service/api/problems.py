"""Problems: the one place where a code meets an HTTP status, and every refusal becomes one shape (RFC 9457).

In come the failures that workers report, the errors of this process and those of the framework; out goes
`application/problem+json`. Nothing of a request is repeated beyond what the failure's own sentence quotes.
"""

import errno
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from service.api.correlation import request_id
from service.api.pace import Pace
from service.api.resources import resources_of
from service.contract import Failure, Problem, Reply, failure_of
from service.errors import (
    Fault,
    InvalidRequest,
    NotReady,
    QueueFull,
    RateLimited,
    ServiceError,
    StorageUnavailable,
    TooManyConnections,
    Unauthorized,
)
from service.jobs.database import OUTAGES
from service.quoting import pointer_to

PROBLEM = "application/problem+json"
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
"""What a resource may do; HEAD is GET without the body."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE})
"""How a disk that is full or broken, or a process with too many open files, refuses a file."""

OUTAGE_SECONDS = 5
"""After which a caller may look whether there is room again."""

logger = logging.getLogger(__name__)


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
    "storage_unavailable": Kind(503, "Nothing can be kept at the moment"),
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
        case StorageUnavailable():
            headers = {"Retry-After": str(OUTAGE_SECONDS)}
    return problem_response(failure_of(error), headers)


async def unstored(request: Request, error: Exception) -> Response:
    """The answer while the disk is full or the database is gone. Raises any other error again."""
    return await refused(request, storage_unavailable(error))


def storage_unavailable(error: Exception) -> StorageUnavailable:
    """What an error of the disk or of the database means to a caller. Raises it again where it is of another kind."""
    if not isinstance(error, OUTAGES) and not (isinstance(error, OSError) and error.errno in NO_ROOM):
        raise error
    logger.error("nothing can be kept: %s", getattr(error, "orig", error))
    return StorageUnavailable("Nothing can be kept at the moment, so nothing was begun; send the request again later.")


async def misdirected(request: Request, error: HTTPException) -> Response:
    """The answer to a path or a method that no route has."""
    if error.status_code == 405:
        allowed = allowed_methods(request)
        detail = f"{request.method[:40]} is not possible here; {' or '.join(allowed)} is."
        headers = {"Allow": ", ".join(allowed)}
        return problem_response(Failure(code="method_not_allowed", detail=detail), headers)
    return problem_response(Failure(code="not_found", detail="No resource has this path; / lists those that exist."))


def allowed_methods(request: Request) -> list[str]:
    """What can be done with the path of a request; the framework names only what the first route with it does."""
    scopes = ({**request.scope, "method": method} for method in METHODS)
    return [scope["method"] for scope in scopes if any(_does(route, scope) for route in request.app.routes)]


def _does(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


async def misparametrised(request: Request, error: RequestValidationError) -> Response:
    """The answer to a parameter that does not fit, without the value that was sent."""
    # The first step of a place says that it is in the query.
    found = [(fault["loc"][1:], str(fault["msg"])) for fault in error.errors()]
    faults = [Fault(f"{place[-1]}: {message}.", pointer=pointer_to("", *place)) for place, message in found]
    return problem_response(failure_of(InvalidRequest(faults[0].message, *faults)))


async def deserted(request: Request, error: ClientDisconnect) -> Response:
    """The answer that nobody will read, as the client has gone."""
    return Response(status_code=499)


# Typed as the framework types it.
HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ServiceError: refused,
    OSError: unstored,
    **dict.fromkeys(OUTAGES, unstored),
    HTTPException: misdirected,
    RequestValidationError: misparametrised,
    ClientDisconnect: deserted,
}
