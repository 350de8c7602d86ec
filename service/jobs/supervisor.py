"""Who works on what: every task a coroutine that waits for its turn, asks a worker and returns what it answers.

All of it happens on one event loop, so nothing here is locked and nothing may block.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from service.errors import DeadlineExceeded, ServiceError, WorkerDied
from service.jobs.forkserver import ForkServer, Worker
from service.jobs.worker import Answer, pack

PATIENCE = 2.0
"""Seconds in which an idle worker must answer a ping; it takes a tenth of a millisecond."""

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds before a worker that died without having had a task is replaced, doubled each time in between."""

PING = pack(("service.jobs.worker:ping", ()))

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Census:
    """A pool at one moment: the ids of the processes that can work, and counts since the start."""

    workers: tuple[int, ...]
    busy: int
    queued: int
    deaths: int
    retries: int


class Supervisor:
    """Keeps `size` workers alive and gives them tasks in the order of arrival."""

    def __init__(self, size: int, fork_server: ForkServer, tasks_per_worker: int) -> None:
        self._size = size
        self._fork_server = fork_server
        self._tasks_per_worker = tasks_per_worker
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._turns: deque[asyncio.Future[Worker]] = deque()
        self._deaths = 0
        self._retries = 0
        self.stop = asyncio.Event()

    async def supervise(self) -> None:
        """Keep every place of the pool filled until `stop` is set, or the loop ends; then end all processes."""
        places = [asyncio.create_task(self._keep_filled()) for _ in range(self._size)]
        try:
            await self.stop.wait()
        finally:
            for place in places:
                place.cancel()
            await asyncio.wait(places)
            self._fork_server.close()

    async def run(
        self, task: str, request: bytes, deadline: float, tell: Callable[[str], None] | None = None
    ) -> object:
        """What the task returns; `tell` is called with the stages that it is seen to come to.

        Raises DeadlineExceeded if a try takes more than `deadline` seconds, WorkerDied if it costs a second worker
        its life, and an internal ServiceError if it raises; the log then has its traceback.
        """
        for again in (False, True):
            worker = await self._turn(first=again)
            worker.tasks += 1
            self._retries += again
            try:
                answer = await self._converse(worker, request, deadline, tell)
            except TimeoutError:
                logger.warning("%s was stopped in worker %d after %g s", task, worker.pid, deadline)
                raise DeadlineExceeded(f"The work was stopped because it took longer than {deadline:g} s.") from None
            except ConnectionError:
                logger.warning("%s lost its worker %d", task, worker.pid)
            else:
                return returned(task, worker.pid, answer)
        raise WorkerDied("The process doing the work died, and so did the one that tried again.")

    async def ready(self) -> bool:
        """Whether there are workers and all that are not at work answer; one that does not is replaced."""
        idle, self._idle = self._idle, []
        pings = (self._converse(worker, PING, PATIENCE) for worker in idle)
        answers = await asyncio.gather(*pings, return_exceptions=True)
        return bool(self._workers) and not any(isinstance(answer, BaseException) for answer in answers)

    def census(self) -> Census:
        """The pool at this moment; may be called from any thread."""
        return Census(
            workers=tuple(worker.pid for worker in self._workers.copy()),
            busy=len(self._workers) - len(self._idle),
            queued=len(self._turns),
            deaths=self._deaths,
            retries=self._retries,
        )

    async def _keep_filled(self) -> None:
        """Let one worker follow another, at once or, where they do not live to see a task, more and more slowly."""
        pause = 0.0
        while True:
            useful = await self._employ()
            pause = 0.0 if useful else min(max(2 * pause, SHORTEST_PAUSE), LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _employ(self) -> bool:
        """Whether a new worker, from its fork to its end, was given a task."""
        try:
            worker = await self._fork_server.fork()
        except OSError as problem:
            logger.error("no worker can be forked: %s", problem)
            return False
        try:
            await worker.arrive()
            self._workers.add(worker)
            self._offer(worker)
            await worker.ended.wait()
            if not worker.dismissed:
                logger.warning("worker %d died", worker.pid)
                self._deaths += 1
        except ConnectionError:
            logger.error("a worker ended before it was ready")
            self._deaths += 1
        finally:
            worker.dismiss()
            self._workers.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            await worker.ended.wait()
        return worker.tasks > 0

    async def _turn(self, *, first: bool) -> Worker:
        """An idle worker, when those who came before have theirs; `first` is for who has waited already."""
        if self._idle:
            return self._idle.pop()
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        if first:
            self._turns.appendleft(turn)
        else:
            self._turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._offer(turn.result())
            raise
        finally:
            self._turns.remove(turn)

    def _offer(self, worker: Worker) -> None:
        """Give the worker to whose turn it is, or let it idle; one that has ended meanwhile is nobody's."""
        if worker.ended.is_set():
            return
        for turn in self._turns:
            if not turn.done():
                turn.set_result(worker)
                return
        self._idle.append(worker)

    async def _converse(
        self, worker: Worker, request: bytes, limit: float, tell: Callable[[str], None] | None = None
    ) -> Answer:
        """The worker's answer; without one, because it is late, dead or no longer wanted, the worker has to go."""
        try:
            async with asyncio.timeout(limit):
                answer = await worker.ask(request, tell)
        except BaseException:
            worker.dismiss()
            raise
        if worker.tasks < self._tasks_per_worker:
            self._offer(worker)
        else:
            worker.dismiss()
        return answer


def returned(task: str, pid: int, answer: Answer) -> object:
    """The value of an answer; where the task has raised, logs its traceback and raises an internal ServiceError."""
    problem, value = answer
    if problem is None:
        return value
    logger.error("%s raised %s in worker %d\n%s", task, problem, pid, value)
    if problem == MemoryError.__name__:
        raise ServiceError("The work needs more memory than it may have.")
    raise ServiceError("The work failed unexpectedly.")
