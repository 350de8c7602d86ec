"""Why a request is refused: one tree, grouped by the stage that refuses.

    ServiceError
    ├── HTTP        MalformedHttp  HeadTooLarge  HeadTooSlow  TooManyConnections
    ├── reading     MalformedBody  BodyTooLarge  BodyTooSlow  UnsupportedMediaType  NotAcceptable  InvalidRequest
    ├── the table   ColumnLengthsDiffer  WrongType  NotFinite  UnknownColumn  MissingValues
    ├── the formula FormulaSyntax  UnknownFunction
    ├── the model   NoObservations  TooFewGroups  AllSingletons  TooManyParameters  UnsupportedModel
    ├── the caller  Unauthorized  RateLimited
    └── running     NotFound  NotFinished  NotReady  QueueFull  StorageUnavailable  DeadlineExceeded  WorkerDied

An error carries a stable code, one sentence for the user and the places it is about. It knows no HTTP
(api/problems.py gives a code its status) and never crosses a process: a `Failure` of the contract does.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where.

    `pointer` is a JSON pointer into the request, `row` counts data rows from 0, `position` counts characters
    of the formula from 0.
    """

    message: str
    pointer: str | None = None
    column: str | None = None
    row: int | None = None
    position: int | None = None


class ServiceError(Exception):
    """A request cannot be answered; `code` says why, `faults` say where."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *faults: Fault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


# Receiving the request.


class MalformedHttp(ServiceError):
    """What arrives is no request."""

    code = "malformed_http"


class HeadTooLarge(ServiceError):
    """The request line and the headers pass the limit."""

    code = "head_too_large"


class HeadTooSlow(ServiceError):
    """The request line and the headers did not arrive within the time they have."""

    code = "head_too_slow"


class TooManyConnections(ServiceError):
    """As many connections are open as there may be."""

    code = "too_many_connections"


# Reading the request.


class MalformedBody(ServiceError):
    """The bytes are not what their media type promises."""

    code = "malformed_body"


class BodyTooLarge(ServiceError):
    """The body, or what it inflates to, passes the limit."""

    code = "body_too_large"


class BodyTooSlow(ServiceError):
    """The body did not arrive within the time it has."""

    code = "body_too_slow"


class UnsupportedMediaType(ServiceError):
    """No reader for this media type or content coding."""

    code = "unsupported_media_type"


class NotAcceptable(ServiceError):
    """The answer has none of the forms that the Accept header allows."""

    code = "not_acceptable"


class InvalidRequest(ServiceError):
    """An option is unknown, of the wrong type or out of range."""

    code = "invalid_request"


# Reading the table.


class ColumnLengthsDiffer(ServiceError):
    """Columns of one table have different lengths."""

    code = "column_lengths_differ"


class WrongType(ServiceError):
    """A cell or a column is not of the type it must be."""

    code = "wrong_type"


class NotFinite(ServiceError):
    """A number, read or computed, is infinite or undefined."""

    code = "not_finite"


class UnknownColumn(ServiceError):
    """The formula or an option names a column the data do not have."""

    code = "unknown_column"


class MissingValues(ServiceError):
    """A used column has missing values and the request refuses them."""

    code = "missing_values"


# Reading the formula.


class FormulaSyntax(ServiceError):
    """The formula is not a formula; the first fault has the position."""

    code = "formula_syntax"


class UnknownFunction(ServiceError):
    """The formula calls a function outside the closed table."""

    code = "unknown_function"


# Making and fitting the model.


class NoObservations(ServiceError):
    """No row is left to fit."""

    code = "no_observations"


class TooFewGroups(ServiceError):
    """A grouping factor has a single group."""

    code = "too_few_groups"


class AllSingletons(ServiceError):
    """A grouping factor has as many groups as there are rows."""

    code = "all_singletons"


class TooManyParameters(ServiceError):
    """More coefficients than the rows can tell apart."""

    code = "too_many_parameters"


class UnsupportedModel(ServiceError):
    """A model the formula language can say and the engine cannot fit."""

    code = "unsupported_model"


# Who asks.


class Unauthorized(ServiceError):
    """The request has no key that is valid."""

    code = "unauthorized"


class RateLimited(ServiceError):
    """The key has asked for more than it may in this time; `wait` are the seconds until it may again."""

    code = "rate_limited"

    def __init__(self, detail: str, *faults: Fault, wait: int = 1) -> None:
        super().__init__(detail, *faults)
        self.wait = wait


# Running the work.


class NotFound(ServiceError):
    """Nothing is kept under this address."""

    code = "not_found"


class NotFinished(ServiceError):
    """The fit is still being made, or there is none because it failed."""

    code = "not_finished"


class NotReady(ServiceError):
    """No worker answers at the moment."""

    code = "not_ready"


class QueueFull(ServiceError):
    """As much work waits as the queue may hold."""

    code = "queue_full"


class StorageUnavailable(ServiceError):
    """The disk is full, or the database does not answer."""

    code = "storage_unavailable"


class DeadlineExceeded(ServiceError):
    """The work took longer than it may and was stopped."""

    code = "deadline_exceeded"


class WorkerDied(ServiceError):
    """The process doing the work died, twice."""

    code = "worker_died"
