"""The API behind a real server, with real workers that do the tasks of the tests."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import uvicorn

from service.api.resources import Resources
from service.jobs.supervisor import Census
from tests.api.stand_ins import application
from tests.jobs.processes import Options, OwnPool


class Rerouted:
    """A pool whose workers do `task` of tests/api/tasks.py, whatever they are asked for."""

    def __init__(self, pool: OwnPool, task: str) -> None:
        self.pool = pool
        self.task = f"tests.api.tasks:{task}"

    def submit(self, task: str, *arguments: object, tell: Callable[[str], None] | None = None) -> Future[object]:
        return self.pool.submit(self.task, *arguments, tell=tell)

    async def ready(self) -> bool:
        return await asyncio.to_thread(self.pool.ready)

    def census(self) -> Census:
        return self.pool.census()


@contextmanager
def workers(task: str, *, size: int = 1, deadline: float = 10, queue: int = 10) -> Iterator[Rerouted]:
    options: Options = {
        "preload": ("tests.api.tasks",),
        "deadline": deadline,
        "queue_limit": queue,
        "tasks_per_worker": 100,
    }
    pool = OwnPool(size, **options).start()
    try:
        wait_until(pool.ready)
        yield Rerouted(pool, task)
    finally:
        pool.end()


@contextmanager
def server(resources: Resources) -> Iterator[int]:
    """The port of a server of the API with these resources."""
    config = uvicorn.Config(application(resources), port=0, lifespan="off", log_config=None)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        wait_until(lambda: running.started)
        yield running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        thread.join()


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Return when the condition holds; a test that waits for longer than ten seconds has failed."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
