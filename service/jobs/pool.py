"""A pool of worker processes: in goes the dotted name of a task with its arguments, out comes a Future.

A fault costs the task it happens to, never a neighbour: a worker that is late, cancelled or dead is killed and
replaced, and nobody waits for that.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future

from service.errors import QueueFull
from service.jobs.forkserver import ForkServer
from service.jobs.supervisor import Census, Supervisor
from service.jobs.worker import pack


class Pool:
    """`size` workers, each at one task at a time.

    Every worker has imported the modules of `preload` and may use `memory_limit` bytes of data (RLIMIT_DATA), theirs
    included. A task may run for `deadline` seconds at each of its two tries; `queue_limit` tasks may wait; a worker is
    replaced after `tasks_per_worker` tasks. All of it happens on the event loop that it is started on: a thread of its
    own would cost every task two changes of threads. What is no coroutine may be called from any thread.
    """

    def __init__(
        self,
        size: int,
        *,
        preload: tuple[str, ...] = (),
        deadline: float,
        queue_limit: int,
        tasks_per_worker: int,
        memory_limit: int | None = None,
    ) -> None:
        self._deadline = deadline
        self._capacity = size + queue_limit
        self._supervisor = Supervisor(size, ForkServer(preload, memory_limit), tasks_per_worker)
        self._lock = threading.Lock()
        self._unfinished: set[Future[object]] = set()
        self._open = False

    def start(self) -> None:
        """Start the workers on the running event loop; tasks may be submitted at once, `ready` says when they run."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._supervision = self._loop.create_task(self._supervisor.supervise())
        self._open = True

    def submit(
        self,
        task: str,
        *arguments: object,
        deadline: float | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Future[object]:
        """The future value of the task "package.module:function", called with the arguments in a worker.

        Arguments and value are pickled. `tell` is called, on a thread that must not wait, with each stage of a task
        that takes its time. Cancelling the Future ends the task, also while it runs. Raises QueueFull;
        the Future raises DeadlineExceeded after `deadline` seconds of running (default: the pool's), WorkerDied when
        a worker and the one that tried again have died, and an internal ServiceError when the task has raised.
        """
        request = pack((task, arguments))
        with self._lock:
            if not self._open:
                raise RuntimeError("the pool is not open")
            if self._is_full():
                raise QueueFull("Too much work is waiting already; try again later.")
            future: Future[object] = Future()
            self._unfinished.add(future)
        future.add_done_callback(self._forget)
        work = self._supervisor.run(task, request, self._deadline if deadline is None else deadline, tell)
        if threading.get_ident() == self._thread:
            self._begin(work, future)
        else:
            self._loop.call_soon_threadsafe(self._begin, work, future)
        return future

    async def ready(self) -> bool:
        """Whether there are workers, and all of them answer or are at work within their deadline."""
        return self._open and await self._supervisor.ready()

    def census(self) -> Census:
        """Who works, and how much waits."""
        return self._supervisor.census()

    async def close(self, grace: float) -> None:
        """Take no more tasks, give those there are `grace` seconds, cancel the rest and end all processes."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            unfinished = [asyncio.wrap_future(future) for future in self._unfinished]
        if unfinished:
            _, late = await asyncio.wait(unfinished, timeout=grace)
            for future in late:
                future.cancel()
        self._supervisor.stop.set()
        await self._supervision

    def _begin(self, work: Coroutine[None, None, object], future: Future[object]) -> None:
        """Let the future end as the work does, and the work with it if it is cancelled."""
        task = self._loop.create_task(work)
        task.add_done_callback(lambda done: _settle(future, done))
        future.add_done_callback(lambda done: done.cancelled() and self._loop.call_soon_threadsafe(task.cancel))

    def _is_full(self) -> bool:
        # A Future is done a moment before it is forgotten: those that are left may be fewer than they seem.
        return len(self._unfinished) >= self._capacity <= sum(not future.done() for future in self._unfinished)

    def _forget(self, future: Future[object]) -> None:
        with self._lock:
            self._unfinished.discard(future)


def _settle(future: Future[object], task: asyncio.Task[object]) -> None:
    """Give the future what the task has led to."""
    if task.cancelled():
        future.cancel()
    if not future.set_running_or_notify_cancel():
        return
    if problem := task.exception():
        future.set_exception(problem)
    else:
        future.set_result(task.result())
