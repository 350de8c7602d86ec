"""The service as its users run it, `python -m service serve`, and ways to look at it from outside.

In goes the folder for its data and settings, out comes a `Server`, until the block ends.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.jobs.processes import parent, running, until

ROOT = Path(__file__).parents[1]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A service that runs: its process, its port, a client, the folder of its data, the one it runs in and its log."""

    process: "subprocess.Popen[bytes]"
    port: int
    client: httpx.Client
    folder: Path
    cwd: Path
    log: Path

    @property
    def fork_server(self) -> int:
        """The id of the process that forks the workers."""
        (child,) = children(self.process.pid)
        return child

    @property
    def workers(self) -> set[int]:
        """The ids of the worker processes."""
        return children(self.fork_server)

    @property
    def spooled(self) -> list[Path]:
        """The files of large bodies that are received or worked on."""
        return list(self.folder.glob("spool/*/*"))

    def is_ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200


@contextmanager
def serving(folder: Path, **settings: object) -> Iterator[Server]:
    """A service that accepts requests, its data in `folder`; it is killed in the end if it is still there.

    `settings` are named as in service/settings.py. It runs in the empty folder `cwd` and writes to the file `log`, both
    beside `folder`.
    """
    log, cwd = folder.with_name("log"), folder.with_name("cwd")
    cwd.mkdir(exist_ok=True)
    asked: dict[str, object] = {"data_dir": folder, "workers": 1} | settings
    environment = os.environ | {f"PARTIALPOOL_{name.upper()}": str(value) for name, value in asked.items()}
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=environment | {"PYTHONPATH": str(ROOT)}, stderr=output)
    with process:
        try:
            until(lambda: ADDRESS.search(log.read_text()) is not None or process.poll() is not None)
            address = ADDRESS.search(log.read_text())
            assert address, log.read_text()
            # The generous bound on an answer is for what computes; tests that ask for speed measure it.
            with httpx.Client(base_url=address[0], timeout=30) as client:
                yield Server(process, int(address[1]), client, folder, cwd, log)
        finally:
            process.kill()


def children(pid: int) -> set[int]:
    """The processes that a process has started, without those that have ended."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            child = int(entry.name)
            try:
                is_child = parent(child) == pid
            except (FileNotFoundError, ProcessLookupError):
                continue
            if is_child and running(child):
                found.add(child)
    return found


def seconds_computed(pid: int) -> float:
    """The CPU time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")
