"""The demo: it starts the service unless it is there, shows a fit, and leaves the service running."""

import ast
import http.server
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from service import demo

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run_demo(folder: Path, port: int, **variables: str) -> subprocess.CompletedProcess[str]:
    """`python -m service demo` in a folder, which takes its `.run` and its data."""
    environment = os.environ | {
        "PARTIALPOOL_PORT": str(port),
        "PARTIALPOOL_DATA_DIR": str(folder / "data"),
        "PARTIALPOOL_WORKERS": "1",
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    command = [sys.executable, "-m", "service", "demo"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def stop(folder: Path, port: int) -> None:
    """Stop the service that a demo left, by its pid, and see that it is gone."""
    os.kill(int((folder / ".run" / "pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 10
    while answers(port):
        assert time.monotonic() < deadline, "the service did not stop"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, str]]:
    """The folder, the port and the words of a demo whose service still runs."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    done = run_demo(folder, port, http_proxy="http://127.0.0.1:9")  # nobody is there: a proxy must not be asked
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    yield folder, port, done.stdout
    stop(folder, port)


def test_it_prints_the_fit_and_how_to_go_on(shown: tuple[Path, int, str]) -> None:
    _, port, words = shown
    assert "lmer(formula = log_radon ~ floor + (1 | county))" in words
    assert "16% of the variance lies between counties" in words
    assert "A county with 5.3 homes is pulled half-way to the mean of all (1.46)" in words
    assert "AITKIN             4      0.83    0.43      1.19" in words
    assert f"documentation  http://127.0.0.1:{port}/docs\n" in words


def test_its_curl_works(shown: tuple[Path, int, str]) -> None:
    _, _, words = shown
    (line,) = [line for line in words.splitlines() if line.startswith("fit it again")]
    command = shlex.split(line.removeprefix("fit it again"))
    assert command[0] == "curl"
    done = subprocess.run([*command, "--silent", "--noproxy", "*"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["model"]["n_observations"] == 919


def test_a_second_demo_uses_the_service_that_runs(shown: tuple[Path, int, str], tmp_path: Path) -> None:
    _, port, words = shown
    again = run_demo(tmp_path, port)
    assert (again.returncode, again.stdout) == (0, words)
    assert list(tmp_path.iterdir()) == []


def test_the_service_stays_and_is_stopped_by_its_pid(shown: tuple[Path, int, str], tmp_path: Path) -> None:
    """The demo's own service goes on for the other tests; this is another one."""
    port = free_port()
    assert run_demo(tmp_path, port).returncode == 0
    assert answers(port)
    stop(tmp_path, port)
    assert answers(shown[1])


class Stranger(http.server.BaseHTTPRequestHandler):
    """Another web server, which says yes to everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"welcome")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing in the tests' output."""


@contextmanager
def web_server() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@contextmanager
def another_protocol() -> Iterator[int]:
    """Whoever connects is greeted in words that are not HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(b"SSH-2.0-stranger\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("stranger", [web_server, another_protocol])
def test_a_port_that_is_taken_is_said_so(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    stranger: Callable[[], AbstractContextManager[int]],
) -> None:
    monkeypatch.chdir(tmp_path)
    with stranger() as port:
        assert demo.demonstrate("127.0.0.1", port) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"partialpool: http://127.0.0.1:{port} is taken by something else, or not ready; "
        "PARTIALPOOL_PORT sets another port.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_does_not_start_has_its_reason_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    done = run_demo(tmp_path, free_port())
    assert (done.returncode, done.stdout) == (1, "")
    assert "did not become ready" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "data" in (tmp_path / ".run" / "log").read_text()
    assert not (tmp_path / ".run" / "pid").exists()


def test_it_knows_nothing_private() -> None:
    tree = ast.parse(Path(demo.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
