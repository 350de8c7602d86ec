"""Work ends with the client that asked for it, and faults of workers become answers: real workers, a real server."""

import os
import socket
from pathlib import Path

import httpx
import pytest

from service.api.resources import Resources
from tests.api.serving import server, wait_until, workers
from tests.api.stand_ins import lying, resources

HEADERS = {"Content-Type": "application/json"}


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A killed child that has not been waited for is no longer at work either.
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def post(port: int, query: str = "f1") -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}/v1/fits?{query}", content=b"the body", headers=HEADERS, timeout=20)


def spooled(at: Resources) -> list[Path]:
    return lying(at.spool.folder)


def test_a_body_goes_through_a_worker_and_comes_back() -> None:
    with workers("fit") as pool, server(at := resources(pool)) as port:
        response = post(port)
        assert (response.status_code, response.content) == (201, b"the body")
        assert spooled(at) == []


@pytest.mark.parametrize(("task", "status", "code"), [("die", 500, "worker_died"), ("fail", 500, "internal")])
def test_a_worker_that_fails_is_a_problem_and_the_next_one_is_ready(task: str, status: int, code: str) -> None:
    with workers(task) as pool, server(at := resources(pool)) as port:
        response = post(port)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert "secret" not in response.text
        wait_until(pool.pool.ready)
        assert spooled(at) == []


def test_work_past_its_deadline_is_stopped(tmp_path: Path) -> None:
    with workers("fit_for_ever", deadline=0.3) as pool, server(at := resources(pool)) as port:
        response = post(port, str(tmp_path / "mark"))
        assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")
        assert spooled(at) == []


def test_a_busy_pool_leaves_the_service_alive_and_refuses_what_it_cannot_keep(tmp_path: Path) -> None:
    with workers("fit_for_ever", queue=1) as pool, server(resources(pool)) as port, httpx.Client() as busy:
        connections = [leave_waiting(port, str(tmp_path / name)) for name in ("first", "second")]
        wait_until(lambda: any(tmp_path.iterdir()) and pool.pool.census().queued == 1)
        response = post(port)
        assert (response.status_code, response.json()["code"]) == (503, "queue_full")
        assert int(response.headers["Retry-After"]) >= 1
        assert busy.get(f"http://127.0.0.1:{port}/livez").elapsed.total_seconds() < 0.5
        for connection in connections:
            connection.close()


def test_a_client_that_leaves_takes_its_work_along(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with workers("fit_for_ever") as pool, server(at := resources(pool)) as port:
        connection = leave_waiting(port, str(mark))
        wait_until(lambda: mark.exists() and mark.read_text() != "")
        process = int(mark.read_text())
        connection.close()
        wait_until(lambda: not is_alive(process))
        wait_until(pool.pool.ready)
        assert spooled(at) == []


def leave_waiting(port: int, query: str) -> socket.socket:
    """A connection whose request is sent and whose answer is not read."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        f"POST /v1/fits?{query} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\n\r\n{}".encode()
    )
    return connection
