"""The runner: takes jobs from the ledger, has them worked on, and notes how they end; one for each serving process.

A thread of its own looks a few times a second at what there is to do. Where the database does not answer or the disk is
full it tries again: what was worked out meanwhile waits, and nothing is lost.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from service.errors import QueueFull, ServiceError, WorkerDied
from service.jobs.job import Job
from service.jobs.ledger import SILENCE, Ledger

BEAT = SILENCE / 10
"""Seconds between two looks at the ledger, unless something happens in between."""

TIDY = 60.0
"""Seconds between two looks at what need not be kept."""

logger = logging.getLogger(__name__)

Outcome = object | ServiceError
"""What a job's work returned, or why it failed."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the runner is told to do with a job.

    `begin` has it worked on, telling of its stages, and may raise ServiceError; `settle` keeps what came out and says
    so in the ledger; `problem` gives the bytes for a failure. Besides, `tidy` removes now and then what need not be
    kept, and `flush` writes with every beat what others should not have to wait for.
    """

    begin: Callable[[Job, Callable[[str], None]], Future[object]]
    settle: Callable[[Job, Outcome], None]
    problem: Callable[[ServiceError], bytes]
    tidy: Callable[[], None]
    flush: Callable[[], None]


class Runner:
    """Runs the jobs of a ledger, `most` at a time. All methods may be called from any thread."""

    def __init__(self, ledger: Ledger, desk: Desk, most: int) -> None:
        self._ledger, self._desk, self._most = ledger, desk, most
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Job, Future[object]]] = {}
        self._ended: list[tuple[Job, Outcome]] = []
        self._stages: dict[str, str] = {}
        self._news = threading.Event()
        self._open, self._resting = True, False
        self._beaten, self._tidied = -BEAT, time.monotonic()
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the ledger now."""
        self._news.set()

    def tell(self, id: str, stage: str) -> None:
        """Note the stage that a job has come to."""
        self._stages[id] = stage

    def adopt(self, job: Job, future: Future[object]) -> None:
        """See to the end of a job that this process works on already."""
        with self._lock:
            self._running[job.id] = job, future
        future.add_done_callback(lambda done: self._end(job, done))

    def rest(self) -> None:
        """Take no more jobs, and see to the end of those there are."""
        self._resting = True

    @property
    def is_resting(self) -> bool:
        """Whether no more jobs are taken."""
        return self._resting

    def close(self, grace: float) -> None:
        """Take no more jobs, give those there are `grace` seconds to end, and hand the rest over to others.

        What came out of a job and could not be kept by then is worked out again by another process.
        """
        self._resting = True
        end = time.monotonic() + grace
        while (self._running or self._ended) and time.monotonic() < end:
            self.wake()
            time.sleep(0.05)
        self._open = False
        self.wake()
        if self._thread.is_alive():
            self._thread.join()  # It may have taken one more job in the meantime.
        with self._lock:
            left, self._running = list(self._running.values()), {}
        for job, future in left:
            future.cancel()
            self._attempt(partial(self._ledger.release, job))
        self._attempt(self._ledger.leave)

    def _run(self) -> None:
        while self._open:
            self._news.wait(BEAT)
            self._news.clear()
            self._attempt(self._look)

    def _attempt(self, act: Callable[[], object]) -> None:
        """Act; where the database does not answer or the disk is full, say so and leave it for the next time."""
        try:
            act()
        except (SQLAlchemyError, OSError) as problem:
            logger.warning("the store does not answer: %s", type(problem).__name__)

    def _look(self) -> None:
        """Everything there is to do at the moment."""
        self._settle()
        if time.monotonic() - self._beaten >= BEAT:
            self._ledger.beat()
            self._beaten = time.monotonic()
            self._stop_cancelled()
            self._note_stages()
            self._ledger.take_over(self._desk.problem(WorkerDied("The service died each time it worked on this.")))
            self._desk.flush()
        if time.monotonic() - self._tidied >= TIDY:
            self._tidied = time.monotonic()
            self._desk.tidy()
        if not self._resting and (room := self._most - len(self._running)) > 0:
            for job in self._ledger.claim(room):
                self._begin(job)

    def _begin(self, job: Job) -> None:
        try:
            future = self._desk.begin(job, lambda stage: self.tell(job.id, stage))
        except QueueFull:
            self._ledger.release(job)
        except ServiceError as error:
            self._ended.append((job, error))
            self._news.set()
        else:
            self.adopt(job, future)

    def _end(self, job: Job, future: Future[object]) -> None:
        """Note what came out of a job; settled later, as this happens on a thread that must not wait."""
        with self._lock:
            if self._running.pop(job.id, None) is None:
                return  # It was handed over, or is no longer wanted.
            try:
                outcome: Outcome = future.result()
            except ServiceError as error:
                outcome = error
            except CancelledError:
                return
            self._ended.append((job, outcome))
        self._news.set()

    def _settle(self) -> None:
        """Keep what came out; the first that cannot be kept stays, with those after it."""
        while self._ended:
            self._desk.settle(*self._ended[0])
            with self._lock:
                self._ended.pop(0)
            self._news.set()  # There is room for another.

    def _stop_cancelled(self) -> None:
        """Stop the work on jobs that are no longer this process's."""
        with self._lock:
            running = [job for job, _ in self._running.values()]
        for id in self._ledger.cancelled(running):
            with self._lock:
                _, future = self._running.pop(id, (None, None))
            if future is not None:
                future.cancel()

    def _note_stages(self) -> None:
        """Write down the stages that jobs have come to."""
        with self._lock:
            news = [(job, self._stages.pop(id)) for id, (job, _) in self._running.items() if id in self._stages]
        for job, stage in news:
            self._ledger.advance(job, stage)
