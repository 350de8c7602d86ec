"""The service as a process: it starts, serves, stops, and never brings in the mathematics."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.__main__ import main
from service.app import create_app
from service.settings import settings_of

ROOT = Path(__file__).parents[1]
MATHEMATICS = ["data", "formula", "design", "engine", "inference", "report", "fitting"]
FORBIDDEN = ["numpy", "scipy", "pyarrow", "msgspec", *(f"service.{room}" for room in MATHEMATICS)]
IMPORT_ALL = """
import json, sys, uvicorn, uvicorn.protocols.http.h11_impl, service.__main__
from service.app import create_app
from service.settings import Settings
create_app(Settings())
print(json.dumps(list(sys.modules)))
"""
CHUNKED = b"POST /v1/fits HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`python -m service serve` and its port; it is killed at the end if it is still there."""
    environment = os.environ | {"PARTIALPOOL_DATA_DIR": str(folder), "PARTIALPOOL_WORKERS": "1", **variables}
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, port_of(process)
        finally:
            process.kill()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError("the service did not start")


def test_the_serving_process_never_imports_the_mathematics() -> None:
    printed = subprocess.run([sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, check=True).stdout
    assert set(json.loads(printed)).isdisjoint(FORBIDDEN)


def test_making_the_application_touches_nothing(tmp_path: Path) -> None:
    create_app(settings_of({"PARTIALPOOL_DATA_DIR": str(tmp_path / "data")}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_and_stops_when_asked(tmp_path: Path, stop: signal.Signals) -> None:
    with serving(tmp_path / "data") as (process, port):
        assert httpx.get(f"http://127.0.0.1:{port}/livez").text == "alive\n"
        process.send_signal(stop)
        assert process.wait(5) == 0  # 0.3 s on an idle machine; waiting for the grace to pass would be 30 s
    assert list((tmp_path / "data" / "spool").iterdir()) == []


def test_a_request_in_flight_is_answered_before_the_end(tmp_path: Path) -> None:
    with (
        serving(tmp_path, PARTIALPOOL_BODY_BYTES="10") as (process, port),
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
    ):
        connection.sendall(CHUNKED + b"1\r\na\r\n")
        spool = tmp_path / "spool"
        while not list(spool.glob("*/*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # it is waiting by now
        connection.sendall(b"a\r\nbcdefghijk\r\n0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert process.wait(10) == 0


def test_what_a_killed_service_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port), socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(CHUNKED + b"1\r\na\r\n")
        while not list(tmp_path.glob("spool/*/*")):
            time.sleep(0.01)
        process.kill()
        process.wait()
    assert list(tmp_path.glob("spool/*/*")) != []
    with serving(tmp_path):
        assert list(tmp_path.glob("spool/*/*")) == []


def test_headers_have_a_limit(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port), socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: test\r\nX-Large: " + b"x" * 66_000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "bad",
    [
        ("PARTIALPOOL_WORKERS", "none", "PARTIALPOOL_WORKERS cannot be 'none': .*"),
        ("PARTIALPOOL_DATA_DIR", str(Path(__file__) / "data"), ".*Not a directory.*"),
        ("PARTIALPOOL_DATABASE_URL", "nonsense", "The store.*"),
    ],
)
def test_a_bad_setting_ends_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, bad: tuple[str, str, str]
) -> None:
    variable, value, message = bad
    monkeypatch.setenv("PARTIALPOOL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(variable, value)
    assert main(["serve"]) == 2
    assert re.fullmatch(f"partialpool: {message}\n", capsys.readouterr().err)


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert capsys.readouterr().out == (ROOT / "openapi" / "openapi.json").read_text()
