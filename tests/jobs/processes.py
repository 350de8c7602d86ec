"""Opening pools, and waiting for what other processes do."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypedDict, Unpack

from service.jobs.pool import Pool


class Options(TypedDict, total=False):
    """What a pool may be told."""

    preload: tuple[str, ...]
    deadline: float
    queue_limit: int
    tasks_per_worker: int
    memory_limit: int | None


class OpenPool(Protocol):
    """Starts a pool of `size` workers, which the test need not close."""

    def __call__(self, size: int, **options: Unpack[Options]) -> Pool: ...


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Return when the condition holds; the time is ample for what takes milliseconds on a machine at rest."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def ready(pool: Pool, size: int) -> Pool:
    """The pool, once all its workers have arrived."""
    until(lambda: len(pool.census().workers) == size and pool.ready())
    return pool


def running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def parent(pid: int) -> int:
    """The id of a process's parent: of a worker's, the fork server's."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def begun(mark: Path) -> int:
    """The id of the worker that has written it into a file when its task began."""
    until(lambda: mark.exists() and mark.read_text() != "")
    return int(mark.read_text())
