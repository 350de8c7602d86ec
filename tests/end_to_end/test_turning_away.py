"""Work that there is no room for is turned away before the application is asked, and the connection stays."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from http.client import parse_headers

import httpx
import pytest

from tests.end_to_end.refusals import options
from tests.jobs.processes import until
from tests.serving import Server, serving

BODY = options().body
HEAD_SECONDS = 1.0


def work(*headers: str) -> bytes:
    """A request for a fit, with these headers too."""
    named = ("Host: test", "Content-Type: application/json", f"Content-Length: {len(BODY)}", *headers)
    return "\r\n".join(("POST /v1/fits HTTP/1.1", *named, "", "")).encode() + BODY


class Caller:
    """A connection to a service, on which requests are sent and answers read."""

    def __init__(self, connection: socket.socket) -> None:
        self.send = connection.sendall
        self._answers = connection.makefile("rb")

    def answer(self) -> tuple[int, Message, bytes]:
        """The next answer: its status, headers and body. Raises ConnectionError if there is none."""
        first = self._answers.readline()
        if not first:
            raise ConnectionError
        headers = parse_headers(self._answers)
        return int(first.split()[1]), headers, self._answers.read(int(headers["Content-Length"]))

    def refusal(self) -> Message:
        """The headers of the next answer, which must be the refusal of what may not wait."""
        status, headers, body = self.answer()
        said = json.loads(body)
        assert (status, said["code"]) == (503, "queue_full")
        assert said["request_id"] == headers["X-Request-Id"]
        assert int(headers["Retry-After"]) >= 1
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["X-Content-Type-Options"] == "nosniff"
        return headers


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service whose only worker stands still at its work, for which as many wait as may."""
    folder = tmp_path_factory.mktemp("full") / "data"
    with (
        serving(folder, queue=1, head_seconds=HEAD_SECONDS) as service,
        httpx.Client(base_url=service.client.base_url, timeout=60) as other,
        ThreadPoolExecutor(2) as background,
    ):
        until(service.is_ready)
        (worker,) = service.workers
        os.kill(worker, signal.SIGSTOP)
        headers = {"Content-Type": "application/json"}
        sent = [background.submit(other.post, "/v1/fits", content=BODY + end, headers=headers) for end in (b" ", b"  ")]
        until(lambda: "partialpool_waiting 1.0" in service.client.get("/metrics").text)
        yield service
        os.kill(worker, signal.SIGCONT)
        assert sorted(each.result().status_code for each in sent) == [200, 201]


@pytest.fixture
def caller(full: Server) -> Iterator[Caller]:
    with socket.create_connection(("127.0.0.1", full.port), timeout=5) as connection:
        yield Caller(connection)


def test_who_is_turned_away_may_ask_again_on_the_same_connection(caller: Caller) -> None:
    for number in range(3):
        caller.send(work(f"X-Request-Id: mine-{number}"))
        headers = caller.refusal()
        assert headers["Connection"] is None
        assert headers["X-Request-Id"] == f"mine-{number}"
    caller.send(b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n")
    assert caller.answer()[2] == b"alive\n"
    caller.send(work())
    caller.refusal()


def test_a_body_in_pieces_is_read_over(caller: Caller) -> None:
    asked = work()
    for start in range(0, len(asked), 100):
        caller.send(asked[start : start + 100])
        time.sleep(0.001)
    caller.refusal()
    caller.send(asked)
    caller.refusal()


def test_requests_sent_together_are_answered_one_by_one(caller: Caller) -> None:
    caller.send(work() * 5 + b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n" + work())
    for _ in range(5):
        caller.refusal()
    assert caller.answer()[2] == b"alive\n"
    caller.refusal()


def test_a_body_that_does_not_come_is_not_waited_for(caller: Caller) -> None:
    caller.send(work()[:-1])
    started = time.monotonic()
    with pytest.raises(ConnectionError):
        caller.answer()
    # A clock may be a few milliseconds early; a busy machine late.
    assert 0.9 * HEAD_SECONDS < time.monotonic() - started < HEAD_SECONDS + 2


def test_who_would_rather_not_wait_gets_a_job(caller: Caller) -> None:
    caller.send(work("Prefer: respond-async"))
    assert caller.answer()[0] == 202


@pytest.mark.parametrize("header", ["Connection: close", "Connection: Upgrade\r\nUpgrade: h2c"])
def test_a_connection_that_is_to_end_is_ended(caller: Caller, header: str) -> None:
    caller.send(work(header))
    assert caller.refusal()["Connection"] == "close"
    with pytest.raises(ConnectionError):
        caller.answer()


def test_a_body_that_is_announced_is_not_asked_for(caller: Caller) -> None:
    head, _, _ = work("Expect: 100-continue").partition(b"\r\n\r\n")
    caller.send(head + b"\r\n\r\n")
    assert caller.refusal()["Connection"] == "close"
