"""Requests as they reach a worker, and what comes back."""

import json
from collections.abc import Callable, Mapping
from tempfile import NamedTemporaryFile

from service.contract import Failure, FitDocument, Limits, Reply, Submission
from service.tasks.fits import fit

LIMITS = Limits(bytes=1 << 24, columns=100, rows=100_000)
JSON = "application/json"
RADON: Mapping[str, object] = {"dataset": "radon", "formula": "log_radon ~ floor + (1 | county)"}


def ask(body: bytes, content_type: str = JSON, query: str = "", *, task: Callable[[Submission], Reply] = fit) -> Reply:
    """The reply to a body."""
    with NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        return task(Submission(file.name, content_type, "", query, LIMITS))


def document(request: Mapping[str, object]) -> FitDocument:
    """The document that answers a request in JSON."""
    reply = ask(json.dumps(request).encode())
    assert not reply.failed, reply.body
    return FitDocument.model_validate_json(reply.body)


def refusal_of(reply: Reply) -> Failure:
    assert reply.failed
    return Failure.model_validate_json(reply.body)
