"""Whatever a client sends, it is told quickly, precisely and in one shape what is wrong; the next one is served."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.end_to_end.bad_bodies import BODIES
from tests.end_to_end.bad_formulas import FORMULAS
from tests.end_to_end.bad_models import ADDRESSES, MODELS
from tests.end_to_end.bad_options import OPTIONS
from tests.end_to_end.bad_tables import TABLES
from tests.end_to_end.refusals import STATUS, Refused, Request, options
from tests.serving import ROOT, Server

BAD = [*BODIES, *TABLES, *OPTIONS, *FORMULAS, *MODELS, *ADDRESSES]
SECONDS = 2.0
"""For any answer; the slowest takes 0.3 s on a machine at rest, most 0.01 s."""

LONGEST_ECHO = 48
"""Characters in a row that an answer may have in common with its request: 40 are quoted, some words are the same."""


def send(service: Server, request: Request) -> httpx.Response:
    return service.client.request(
        request.method,
        "/",
        content=request.body,
        headers=dict(request.headers),
        # The path as it stands; the client would tidy it.
        extensions={"target": request.path.encode()},
    )


def words(value: Any) -> Iterator[str]:  # Any: JSON of any shape
    """All text in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from words(part)


def echoes(said: str, request: Request) -> Iterator[str]:
    """The long pieces of a request that stand in what was said."""
    head = json.dumps(dict(request.headers)) + request.path
    # What is hostile stands at the beginning; the whole of ten megabytes takes long to search.
    asked = head + request.body[:20_000].decode("utf-8", "replace")
    pieces = (said[start : start + LONGEST_ECHO] for start in range(len(said) - LONGEST_ECHO + 1))
    return (piece for piece in pieces if piece in asked)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.what.encode("unicode_escape").decode())
def test_a_bad_request_is_refused_precisely(service: Server, bad: Refused) -> None:
    workers = service.workers
    started = time.monotonic()
    response = send(service, bad.request)
    assert time.monotonic() - started < SECONDS
    problem = response.json()
    assert (problem["code"], response.status_code) == (bad.code, STATUS[bad.code])
    assert bad.detail in problem["detail"]
    place = problem["errors"][0] if problem["errors"] else {}
    assert {name: value for name, value in place.items() if name != "message" and value is not None} == bad.place
    require_shape(response)
    require_discretion("\n".join(words(problem)), bad.request)
    # Nothing ran, nothing stays, nobody died of it, and whoever comes next is served.
    assert list(service.cwd.iterdir()) == service.spooled == []
    assert send(service, options()).status_code in {200, 201}
    assert service.workers == workers


def require_shape(response: httpx.Response) -> None:
    """The shape of a problem (RFC 9457)."""
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert all(set(place) == {"message", "pointer", "column", "row", "position"} for place in problem["errors"])
    assert all(place["message"] for place in problem["errors"])


def require_discretion(said: str, request: Request) -> None:
    """Nothing of how the service is made, and little of what it was sent."""
    for private in ("Traceback", 'File "', ".py", "service.", str(ROOT), "site-packages", "/tmp"):  # noqa: S108 - looked for, not used
        assert private not in said
    assert list(echoes(said, request)) == []
    assert len(said) < 3000


def test_the_log_has_no_failure(service: Server) -> None:
    for bad in BAD[::20]:
        send(service, bad.request)
    log = service.log.read_text()
    assert "ERROR" not in log
    assert "Traceback" not in log
