"""Workers die, fits take too long or too much, clients and operators do what they do: the service goes on."""

import json
import os
import signal
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.end_to_end.refusals import options
from tests.jobs.processes import running, until
from tests.serving import Server, seconds_computed, serving

GOOD = options().body
JSON = {"Content-Type": "application/json"}


def factor(levels: int, rows: int = 20_000) -> bytes:
    """A table with a predictor of so many levels, and so a model of so many coefficients."""
    return ("y,x,g\n" + "".join(f"{row * row % 97},x{row % levels},{row % 50}\n" for row in range(rows))).encode()


SLOW = factor(200)
"""It takes two seconds to fit on a machine at rest."""

TOO_SLOW = factor(500)
"""It takes some ten."""


def crossed(rows: int, *groups: int) -> bytes:
    """A table of two factors with so many groups, each row in one of each at random."""
    draw = np.random.default_rng(1).integers
    of = [draw(0, count, rows) for count in groups]
    lines = (f"{row * row % 97},g{of[0][row]},h{of[1][row]}\n" for row in range(rows))
    return ("y,g,h\n" + "".join(lines)).encode()


TOO_LARGE = crossed(60_000, 12_000, 9_000)
"""The 9,000 groups of the smaller factor meet in one matrix, of 648 MB."""


def post(service: Server, table: bytes, formula: str = "y ~ x + (1 | g)") -> httpx.Response:
    asked = {"formula": formula, "include": "fitted"}
    return service.client.post("/v1/fits", params=asked, content=table, headers={"Content-Type": "text/csv"})


def post_good(service: Server) -> httpx.Response:
    return service.client.post("/v1/fits", content=GOOD, headers=JSON)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Clients that wait for their answers while the test goes on."""
    with ThreadPoolExecutor() as clients:
        yield clients


def at_work(service: Server, sent: "Future[httpx.Response]") -> int:
    """The id of the only worker, once it has computed for a while."""
    (worker,) = service.workers
    before = seconds_computed(worker)
    until(lambda: sent.done() or seconds_computed(worker) > before + 0.1)
    assert not sent.done()
    return worker


def test_a_killed_workers_fit_is_made_by_the_next(service: Server, background: ThreadPoolExecutor) -> None:
    sent = background.submit(post, service, SLOW)
    worker = at_work(service, sent)
    os.kill(worker, signal.SIGKILL)
    assert sent.result().status_code == 201
    assert service.workers.isdisjoint({worker})
    assert service.spooled == []


def test_without_workers_the_service_lives_says_so_and_recovers(
    service: Server, background: ThreadPoolExecutor
) -> None:
    fork_server, workers = service.fork_server, service.workers
    os.kill(fork_server, signal.SIGSTOP)
    try:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: not service.is_ready())
        refused = service.client.get("/readyz")
        assert refusal(refused) == (503, "not_ready")
        assert refused.headers["Retry-After"] == "1"
        assert median_wait(service, 20) < 0.05
        waiting = background.submit(post_good, service)
    finally:
        os.kill(fork_server, signal.SIGCONT)
    until(service.is_ready)
    assert waiting.result().status_code in {200, 201}
    assert service.workers.isdisjoint(workers)


def test_a_large_fit_keeps_nobody_waiting_who_asks_whether_the_service_lives(
    service: Server, background: ThreadPoolExecutor
) -> None:
    rows = range(400_000)
    columns = {"y": [row * 0.1 for row in rows], "x": [row % 7 for row in rows], "g": ["ab"[row % 2] for row in rows]}
    body = json.dumps({"formula": "y ~ x + (1 | g)", "data": columns}).encode()
    sent = background.submit(service.client.post, "/v1/fits", content=body, headers=JSON)
    waits = []
    while not sent.done():
        waits.append(median_wait(service, 1))
    assert sent.result().status_code == 201
    assert statistics.median(waits) < 0.05


def median_wait(service: Server, times: int) -> float:
    """The seconds that /livez takes; a twentieth is many times what it needs, and less than what parsing would cost."""
    waits = []
    for _ in range(times):
        response = service.client.get("/livez")
        assert response.status_code == 200
        waits.append(response.elapsed.total_seconds())
    return statistics.median(waits)


def test_a_body_without_end_is_refused_while_it_arrives(service: Server) -> None:
    pieces = (b" " * 2**20 for _ in range(40))  # as chunks: nothing says how many there will be
    response = service.client.post("/v1/fits", content=pieces, headers=JSON)
    assert refusal(response) == (413, "body_too_large")
    assert service.spooled == []


def test_what_takes_too_long_is_stopped_and_what_cannot_wait_is_refused(
    tmp_path: Path, background: ThreadPoolExecutor
) -> None:
    with serving(tmp_path / "data", fit_seconds=1, queue=1) as service:
        formulas = [f"I(y + {number}) ~ x + (1 | g)" for number in range(4)]
        answers = list(background.map(lambda formula: post(service, TOO_SLOW, formula), formulas))
        assert sorted(map(refusal, answers)) == [(503, "queue_full")] * 2 + [(504, "deadline_exceeded")] * 2
        for answer in answers:
            assert (int(answer.headers.get("Retry-After", "0")) >= 1) == (answer.status_code == 503)
        assert post_good(service).status_code == 201
        assert service.spooled == []


def test_a_fit_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data", worker_bytes="1536MiB") as service:
        assert refusal(post(service, TOO_LARGE, "y ~ (1 | g) + (1 | h)")) == (413, "body_too_large")
        assert post_good(service).status_code == 201


def test_little_memory_is_enough_for_little_data(tmp_path: Path) -> None:
    with serving(tmp_path / "data", worker_bytes="300MiB") as service:
        assert post_good(service).status_code == 201


def test_a_service_that_is_killed_leaves_its_documents_and_nobody_behind(
    tmp_path: Path, background: ThreadPoolExecutor
) -> None:
    with serving(tmp_path / "data") as service:
        made = post_good(service)
        assert made.status_code == 201
        sent = background.submit(post, service, TOO_SLOW)
        processes = [at_work(service, sent), service.fork_server]
        service.process.kill()
        assert isinstance(sent.exception(), httpx.TransportError)
        until(lambda: not any(map(running, processes)))
    with serving(tmp_path / "data") as service:
        assert service.client.get(made.headers["Location"]).content == made.content
        again = post_good(service)
        assert (again.status_code, again.content) == (200, made.content)
        assert service.spooled == []
        processes = [*service.workers, service.fork_server]
        started = time.monotonic()
        service.process.terminate()
        assert service.process.wait(10) == 0
        assert time.monotonic() - started < 5  # idle, it takes a fifth of a second; the grace would be 30
        until(lambda: not any(map(running, processes)))
