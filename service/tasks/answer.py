"""The answer to a task: a reply, whatever happens, with the seconds that each stage took.

What cannot be answered comes back as a value, a `Failure` of the contract: no exception of ours leaves a worker.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from service import data, stages
from service.contract import Reply, Submission, failure_of
from service.errors import BodyTooLarge, FormulaSyntax, InvalidRequest, ServiceError, UnknownFunction

Each = TypeVar("Each")

HINT = "\n(In a query a bare + is a space: write the plus sign as %2B.)"


def reply_to(task: Callable[[], Reply], hint: str = "", *, formula: str = "/formula") -> Reply:
    """The task's reply, or its refusal as one.

    A `hint` may help with a formula that cannot be read; `formula` points to where the formula is in the request.
    """
    try:
        return task()
    except ServiceError as error:
        # The frames it was raised in would keep the rows, and the file they are read from.
        error.__context__ = None
        refusal = hinted(error.with_traceback(None), hint)
    except MemoryError:
        refusal = BodyTooLarge("The fit needs more memory than one may use: send fewer rows, levels or columns.")
    return Reply(failure_of(refusal, formula).model_dump_json().encode(), failed=True)


def hinted(error: ServiceError, hint: str) -> ServiceError:
    """The error, with the hint where a formula could not be read."""
    if isinstance(error, FormulaSyntax | UnknownFunction):
        return type(error)(error.detail + hint, *error.faults)
    return error


def hint_of(submission: Submission) -> str:
    """What may help with a formula that cannot be read, from how it was sent."""
    return HINT if "+" in submission.query else ""


def received(submission: Submission) -> data.Payload:
    """The payload of a request."""
    return data.read_payload(
        body_of(submission),
        submission.content_type,
        submission.content_encoding,
        submission.query,
        limits_of(submission),
        folder=Path(submission.folder) if submission.folder else None,
    )


def json_of(submission: Submission) -> bytes:
    """The body of a request that is JSON and all that is asked. Raises InvalidRequest where there is a query too."""
    if submission.query:
        raise InvalidRequest("What is asked stands in the body, not in the query.")
    return data.read_body(body_of(submission), submission.content_encoding, limits_of(submission))


def body_of(submission: Submission) -> bytes | Path:
    """The body of a request, or where it lies."""
    return submission.body if isinstance(submission.body, bytes) else Path(submission.body)


def limits_of(submission: Submission) -> data.Limits:
    """How large the request may be."""
    limits = submission.limits
    return data.Limits(max_bytes=limits.bytes, max_rows=limits.rows, max_columns=limits.columns)


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens in the block, in addition to what happened at that stage before."""
        start = time.perf_counter()
        stages.enter(name)
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def each(self, name: str, things: Iterable[Each]) -> Iterator[Each]:
        """These things; their making, one after the other, is timed."""
        remaining = iter(things)
        while True:
            with self.stage(name):
                thing = next(remaining, None)
            if thing is None:
                return
            yield thing
