"""A pool of worker processes: in goes the dotted name of a task with its arguments, out comes a Future.

A fault costs the task it happens to, never a neighbour: a worker that is late, cancelled or dead is killed and
replaced, and nobody waits for that.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from service.errors import QueueFull
from service.jobs.forkserver import ForkServer
from service.jobs.supervisor import Census, Supervisor
from service.jobs.worker import pack


class Pool:
    """`size` workers, each at one task at a time.

    Every worker has imported the modules of `preload` and may use `memory_limit` bytes of data (RLIMIT_DATA), theirs
    included. A task may run for `deadline` seconds at each of its two tries; `queue_limit` tasks may wait; a worker is
    replaced after `tasks_per_worker` tasks. All methods may be called from any thread.
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
        """Start the workers; tasks may be submitted at once, and `ready` says when workers have arrived."""
        self._loop = asyncio.new_event_loop()
        # A daemon: a program that ends without closing the pool must not wait for it.
        self._thread = threading.Thread(target=self._supervise, name="pool", daemon=True)
        self._thread.start()
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
            work = self._supervisor.run(task, request, self._deadline if deadline is None else deadline, tell)
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._unfinished.add(future)
        future.add_done_callback(self._forget)
        return future

    def is_full(self) -> bool:
        """Whether a task that were submitted now would be refused."""
        with self._lock:
            return self._is_full()

    def ready(self) -> bool:
        """Whether there are workers, and all of them answer or are at work within their deadline."""
        with self._lock:
            if not self._open:
                return False
            verdict = asyncio.run_coroutine_threadsafe(self._supervisor.ready(), self._loop)
        return verdict.result()

    def census(self) -> Census:
        """Who works, and how much waits."""
        return self._supervisor.census()

    def close(self, grace: float) -> None:
        """Take no more tasks, give those there are `grace` seconds, cancel the rest and end all processes."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            unfinished = set(self._unfinished)
        for late in wait(unfinished, timeout=grace).not_done:
            late.cancel()
        self._loop.call_soon_threadsafe(self._supervisor.stop.set)
        self._thread.join()

    def _supervise(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._supervisor.supervise())

    def _is_full(self) -> bool:
        # A Future is done a moment before it is forgotten: those that are left may be fewer than they seem.
        return len(self._unfinished) >= self._capacity <= sum(not future.done() for future in self._unfinished)

    def _forget(self, future: Future[object]) -> None:
        with self._lock:
            self._unfinished.discard(future)
