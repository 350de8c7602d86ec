"""The service as a process: it starts, serves, stops, and never brings in the mathematics."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.__main__ import main
from service.api.spool import PIECE
from service.app import create_app
from service.settings import settings_of
from tests.jobs.processes import until
from tests.serving import ROOT, serving

MATHEMATICS = ["data", "formula", "design", "engine", "inference", "report", "fitting", "questions"]
FORBIDDEN = ["numpy", "scipy", "pyarrow", "msgspec", *(f"service.{room}" for room in MATHEMATICS)]
IMPORT_ALL = """
import json, sys, uvicorn, service.connections, service.server, service.__main__
from service.api.spool import PIECE
from service.app import create_app
from service.settings import Settings
create_app(Settings())
print(json.dumps(list(sys.modules)))
"""
CHUNKED = b"POST /v1/fits HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(size: int) -> bytes:
    """A part of a body of unknown length."""
    return b"%x\r\n%s\r\n" % (size, b"a" * size)


def test_the_serving_process_never_imports_the_mathematics() -> None:
    printed = subprocess.run([sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, check=True).stdout
    assert set(json.loads(printed)).isdisjoint(FORBIDDEN)


def test_making_the_application_touches_nothing(tmp_path: Path) -> None:
    create_app(settings_of({"PARTIALPOOL_DATA_DIR": str(tmp_path / "data")}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_and_stops_when_asked(tmp_path: Path, stop: signal.Signals) -> None:
    with serving(tmp_path / "data") as service:
        assert service.client.get("/livez").text == "alive\n"
        service.process.send_signal(stop)
        assert service.process.wait(5) == 0  # 0.3 s on an idle machine; waiting for the grace to pass would be 30 s
    assert [left.name for left in (tmp_path / "data" / "spool").iterdir()] == [".lock"]


def test_a_request_in_flight_is_answered_before_the_end(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data", body_bytes=2 * PIECE) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection,
    ):
        connection.sendall(CHUNKED + chunk(PIECE + 1))
        until(lambda: service.spooled != [])
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # it is waiting by now
        connection.sendall(chunk(PIECE) + b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert service.process.wait(10) == 0


def test_what_a_killed_service_left_is_removed_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder) as service, socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(CHUNKED + chunk(PIECE + 1))
        until(lambda: service.spooled != [])
        service.process.kill()
        service.process.wait()
    assert service.spooled != []
    with serving(folder) as service:
        assert service.spooled == []


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
