"""Clients that are slow, silent, many or do not listen: each is let go in time, and nobody else waits for them."""

import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.jobs.processes import until
from tests.serving import Server, serving

HEAD = b"GET /livez HTTP/1.1\r\nHost: test\r\n"
HEAD_SECONDS = 0.5
SLACK = 1.5
"""Seconds that a busy machine may take to do what is due."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that waits for heads, and for who takes its answers, a moment only."""
    folder = tmp_path_factory.mktemp("service") / "data"
    with serving(folder, head_seconds=HEAD_SECONDS, body_seconds=1, connections=6) as server:
        yield server


def connect(service: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=5)


def rest(connection: socket.socket) -> bytes:
    """What comes before the other side closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def exchange(service: Server, head: bytes) -> bytes:
    """The answer to a request with this head, the last on its connection."""
    with connect(service) as connection:
        connection.sendall(head + b"Connection: close\r\n\r\n")
        return rest(connection)


def problem(answer: bytes, status: int, code: str) -> dict[str, str]:
    """The headers of an answer that must be this problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert first.split()[1] == str(status)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    said = json.loads(body)
    assert (said["status"], said["code"], said["request_id"]) == (status, code, headers["x-request-id"])
    return headers


def trickle(connection: socket.socket, sent: bytes) -> float:
    """Send byte after byte until the other side has had enough; the seconds that took."""
    started = time.monotonic()
    connection.settimeout(0.05)
    for byte in sent:
        try:
            connection.sendall(bytes([byte]))
            if connection.recv(1, socket.MSG_PEEK) is not None:
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    connection.settimeout(5)
    return time.monotonic() - started


def test_a_head_that_trickles_is_refused_in_time(service: Server) -> None:
    with connect(service) as connection:
        assert HEAD_SECONDS - 0.1 < trickle(connection, HEAD + b"A: " + b"a" * 200) < HEAD_SECONDS + SLACK
        problem(rest(connection), 408, "head_too_slow")


def test_the_next_head_on_a_connection_has_its_time_from_its_first_byte_on(service: Server) -> None:
    with connect(service) as connection:
        for _ in range(2):
            connection.sendall(HEAD + b"\r\n")
            received = b""
            while not received.endswith(b"alive\n"):
                received += connection.recv(65536)
            time.sleep(1.5 * HEAD_SECONDS)
        assert trickle(connection, HEAD + b"A: " + b"a" * 200) < HEAD_SECONDS + SLACK
        problem(rest(connection), 408, "head_too_slow")


def test_the_start_of_a_head_behind_a_request_is_refused_as_well(service: Server) -> None:
    with connect(service) as connection:
        connection.sendall(HEAD + b"\r\n" + HEAD)
        _, _, late = rest(connection).partition(b"alive\n")
        problem(late, 408, "head_too_slow")


def test_who_says_nothing_is_told_nothing(service: Server) -> None:
    with connect(service) as connection:
        assert rest(connection) == b""


def test_a_connection_too_many_is_refused_and_the_next_is_not(service: Server) -> None:
    with ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(connect(service)).sendall(b"G")
        with connect(service) as connection:
            headers = problem(rest(connection), 503, "too_many_connections")
            assert headers["retry-after"] == "1"
    until(lambda: exchange(service, HEAD).endswith(b"alive\n"))


def test_an_answer_that_nobody_takes_is_given_up(service: Server) -> None:
    head = b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n"
    size = len(exchange(service, head))
    with connect(service) as connection:
        connection.sendall((head + b"\r\n") * 200)  # their answers are far more than the system holds in between
        time.sleep(1 + SLACK)
        taken = 0
        with suppress(ConnectionResetError):
            while piece := connection.recv(2**20):
                taken += len(piece)
    assert taken < 100 * size
    assert '"level": "error"' not in service.log.read_text()


def test_a_refusal_never_stands_in_the_middle_of_an_answer(service: Server) -> None:
    until(service.is_ready)
    (worker,) = service.workers
    os.kill(worker, signal.SIGSTOP)
    try:
        asked = {"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon"}
        job = service.client.post("/v1/fits", json=asked, headers={"Prefer": "respond-async"}).headers["Location"]
        with connect(service) as connection:
            connection.sendall(b"GET %s/events HTTP/1.1\r\nHost: test\r\n\r\n" % job.encode())
            events = connection.recv(65536)
            connection.sendall(HEAD + b"\r\nnothing like it\r\n\r\n")
            with suppress(ConnectionResetError):
                events += rest(connection)
        assert events.count(b"HTTP/1.1 ") == 1
    finally:
        os.kill(worker, signal.SIGCONT)


def test_a_thousand_connections_without_a_word_stop_nobody(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    with serving(tmp_path / "data", connections=1002) as service, ExitStack() as stack:
        until(service.is_ready)
        for _ in range(1000):
            stack.enter_context(connect(service)).sendall(b"G")
        waits = []
        for _ in range(50):
            answer = service.client.get("/livez")
            assert answer.status_code == 200
            waits.append(answer.elapsed.total_seconds())
        assert sorted(waits)[25] < 0.05  # it takes a millisecond on a machine at rest
