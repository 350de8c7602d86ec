"""Opening pools, and waiting for what other processes do."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, TypedDict, Unpack

from service.jobs.pool import Pool
from service.jobs.supervisor import Census


class Options(TypedDict, total=False):
    """What a pool may be told."""

    preload: tuple[str, ...]
    deadline: float
    queue_limit: int
    tasks_per_worker: int
    memory_limit: int | None


class OwnPool:
    """A pool on an event loop of its own, in a thread, for tests that wait."""

    def __init__(self, size: int, **options: Unpack[Options]) -> None:
        self.pool = Pool(size, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> "OwnPool":
        """The pool, started."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def submit(
        self,
        task: str,
        *arguments: object,
        deadline: float | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Future[object]:
        return self.pool.submit(task, *arguments, deadline=deadline, tell=tell)

    def ready(self) -> bool:
        return asyncio.run_coroutine_threadsafe(self.pool.ready(), self._loop).result()

    def census(self) -> Census:
        return self.pool.census()

    def close(self, grace: float) -> None:
        """Close the pool; its loop goes on, as that of a server would."""
        asyncio.run_coroutine_threadsafe(self.pool.close(grace), self._loop).result()

    def end(self) -> None:
        """Close the pool, and then its loop."""
        self.close(0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self.pool.start()


class OpenPool(Protocol):
    """Starts a pool of `size` workers, which the test need not close."""

    def __call__(self, size: int, **options: Unpack[Options]) -> OwnPool: ...


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Return when the condition holds; the time is ample for what takes milliseconds on a machine at rest."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def ready(pool: OwnPool, size: int) -> OwnPool:
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
