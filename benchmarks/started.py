"""The service as its users start it, for the time of a benchmark, and what its processes hold."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
START_SECONDS = 30.0
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """A serving process and the port it listens on."""

    process: "subprocess.Popen[bytes]"
    port: int

    def workers(self) -> list[int]:
        """The ids of its worker processes: the children of its one child, which forks them."""
        return [worker for forking in children(self.process.pid) for worker in children(forking)]


def start(folder: Path, log: Path, port: int = 0, settings: Mapping[str, object] = MappingProxyType({})) -> Process:
    """A serving process with its data in a folder, which accepts connections. Raises RuntimeError if it does not."""
    variables = {f"PARTIALPOOL_{name.upper()}": str(value) for name, value in {"data_dir": folder, **settings}.items()}
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | variables, stderr=output)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := ADDRESS.search(log.read_text()):
            return Process(process, int(found[1]))
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"The service did not start: {log.read_text()}")


@contextmanager
def started(folder: Path, **settings: object) -> Iterator[Process]:
    """A serving process until the block ends."""
    running = start(folder / "data", folder / "log", settings=settings)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait()


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except FileNotFoundError:
        return []


def resident(pid: int) -> int:
    """The bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def computed(pid: int) -> float:
    """The seconds of CPU that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
