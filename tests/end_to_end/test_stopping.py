"""TERM: nothing new is begun, what runs ends or is handed over, the exit status is 0; and what the log then has."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.test_faults import TOO_SLOW, at_work, factor, post, refusal
from tests.jobs.processes import until
from tests.serving import Server, seconds_computed, serving

LONG = factor(350)
"""It takes several seconds to fit on a machine at rest."""

FORMULA = {"formula": "y ~ x + (1 | g)"}
ASYNC = {"Content-Type": "text/csv", "Prefer": "respond-async"}


def state(service: Server, id: str) -> str:
    status: str = service.client.get(f"/v1/fits/{id}").json()["status"]
    return status


def test_a_job_that_runs_is_handed_over_and_its_events_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    cwd = tmp_path / "cwd"
    cwd.mkdir(mode=0o555)
    with serving(tmp_path / "data") as service:
        until(service.is_ready)
        (worker,) = service.workers
        before = seconds_computed(worker)
        id = service.client.post("/v1/fits", params=FORMULA, content=LONG, headers=ASYNC).json()["id"]
        until(lambda: state(service, id) == "running" and seconds_computed(worker) > before + 0.1)
        with service.client.stream("GET", f"/v1/fits/{id}/events") as events:
            lines = events.iter_lines()
            assert next(lines) == "event: running"
            service.process.terminate()
            assert service.process.wait(10) == 0  # 2 s, one of them for the job; the grace would be 30
            assert "event: succeeded" not in list(lines)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port))
    with serving(tmp_path / "data") as service:
        until(lambda: state(service, id) == "succeeded", seconds=60)
        assert list(cwd.iterdir()) == []


def test_what_outlasts_the_grace_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path / "data", grace_seconds=1) as service, ThreadPoolExecutor() as background:
        until(service.is_ready)
        sent = background.submit(post, service, TOO_SLOW)
        at_work(service, sent)
        service.process.terminate()
        assert refusal(sent.result()) == (503, "not_ready")
        assert sent.result().headers["Retry-After"] == "1"
        assert service.process.wait(10) == 0
        assert "exception" not in service.log.read_text()
        assert service.spooled == []


def test_nothing_that_was_sent_is_in_the_log(tmp_path: Path) -> None:
    """Marks in names, labels, numbers and formulas, in requests that are answered and that are refused."""
    mark = "Sesame"
    rows = "".join(f"{row * row % 97}.7654321,{mark}{row % 5}\n" for row in range(60))
    table = f"y{mark},g{mark}\n{rows}"
    formula = f"y{mark} ~ 1 + (1 | g{mark})"
    with serving(tmp_path / "data") as service:
        until(service.is_ready)

        def send(path: str, body: str, media_type: str, **asked: str) -> int:
            headers = {"Content-Type": media_type}
            return service.client.post(path, params=asked, content=body.encode(), headers=headers).status_code

        fits = "/v1/fits"
        assert send(fits, table, "text/csv", formula=formula) == 201
        assert send(fits, table, "text/csv", formula=f"log({mark}) ~ (1 | g{mark})") == 422
        assert send(fits, table, "text/csv", formula=f"{mark}(((") == 422
        assert send(fits, table + f"{mark},{mark}\n", "text/csv", formula=formula) == 422
        assert send(fits, table + f"{mark}\n", "text/csv", formula=formula) == 400
        assert send(fits, table, "text/csv", formula=formula, **{mark: mark}) == 422
        assert send(fits, f'{{"{mark}": 7654321, ', "application/json") == 400
        assert send(fits, json.dumps({"formula": formula, "data": {mark: [mark]}}), "application/json") == 422
        assert send("/v1/formulas", json.dumps({"formula": formula + mark}), "application/json") in {200, 422}
        assert send("/v1/predictions", json.dumps({mark: 7654321}), "application/json") == 422
        assert send(fits, table, f"text/{mark}") == 415
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(mark.encode() + b"\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        log = service.log.read_text()
    assert log.count('"message": "request"') >= 11
    assert mark not in log
    assert "7654321" not in log
