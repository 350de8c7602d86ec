"""The ledger: which jobs there are, who runs each, and how they ended, in a database that several processes share.

Who runs a job is known by its process and its attempt; a result counts only from those. A process is alive as long as
its beat goes on: whoever sees it stand still for a while, by a clock that nobody can set, gives its jobs to others; at
once, where it can be seen that the process is gone.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from service.jobs.database import age_of, writing
from service.jobs.job import MOST_ATTEMPTS, Job, State, states_before
from service.jobs.tables import fits, jobs, processes

SILENCE = 5.0
"""Seconds without a beat after which a process counts as dead; it beats ten times as often."""

COLUMNS = [column for column in jobs.c if column.name != "cancelled"]


class Ledger:
    """The jobs in a database, for the process with this id; `is_gone` says of another that it is known to have ended.

    All methods block, and may be called from any thread.
    """

    def __init__(self, engine: Engine, process: str, is_gone: Callable[[str], bool] = lambda _: False) -> None:
        self._engine = engine
        self._process = process
        self._is_gone = is_gone
        # Of every other process, its last beat and when it was first seen.
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked = -SILENCE

    def accept(self, id: str, owner: str, words: bytes, *, running: bool = False) -> Job:
        """The job with this id, new unless it is known and goes on, or has led to a fit that is kept; it is on disk.

        `running` says that this process is at work on it already.
        """
        with suppress(IntegrityError), writing(self._engine, durable=True) as connection:  # else it is known
            over = jobs.c.state.in_(["succeeded", "failed", "cancelled"])
            kept = select(fits.c.id).where(fits.c.id == jobs.c.fit).exists()
            connection.execute(delete(jobs).where(jobs.c.id == id, jobs.c.owner == owner, over, ~kept))
            state: dict[str, object] = {"state": "queued"}
            if running:
                state = {"state": "running", "attempts": 1, "process": self._process, "started_at": func.now()}
            connection.execute(insert(jobs).values(id=id, owner=owner, words=words, **state))
        job = self.get(id, owner)
        if job is None:
            raise RuntimeError("A job that was accepted is gone.")
        return job

    def get(self, id: str, owner: str) -> Job | None:
        """The job that this owner has under an id, if any."""
        with self._engine.connect() as connection:
            row = connection.execute(select(*COLUMNS).where(jobs.c.id == id, jobs.c.owner == owner)).first()
        return None if row is None else _job(row)

    def unfinished(self, owner: str, limit: int) -> list[Job]:
        """The owner's jobs that are not over, from the newest on."""
        query = select(*COLUMNS).where(jobs.c.owner == owner, jobs.c.state.in_(["queued", "running"]))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)).all()
        return [_job(row) for row in rows]

    def is_unfinished(self, id: str) -> bool:
        """Whether there is a job with this id, whoever's it is, that is not over."""
        which = and_(jobs.c.id == id, jobs.c.state.in_(["queued", "running"]))
        with self._engine.connect() as connection:
            return connection.execute(select(jobs.c.id).where(which)).first() is not None

    def count(self) -> int:
        """How many jobs wait."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).where(jobs.c.state == "queued")).scalar_one())

    def claim(self, most: int) -> list[Job]:
        """The jobs that have waited longest, `most` at most, which this process now runs."""
        claimed: list[Job] = []
        with writing(self._engine) as connection:
            waiting = select(jobs.c.id).where(jobs.c.state == "queued").order_by(jobs.c.created_at, jobs.c.id)
            for id in connection.execute(waiting.limit(most).with_for_update(skip_locked=True)).scalars().all():
                changed = {"process": self._process, "attempts": jobs.c.attempts + 1, "started_at": func.now()}
                if _move(connection, jobs.c.id == id, "running", **changed):
                    claimed.append(_job(connection.execute(select(*COLUMNS).where(jobs.c.id == id)).one()))
        return claimed

    def advance(self, job: Job, stage: str) -> None:
        """Note the stage that a job of this process has come to."""
        with writing(self._engine) as connection:
            connection.execute(update(jobs).where(self._runs(job)).values(stage=stage))

    def finish(self, job: Job, *, fit: str | None = None, problem: bytes | None = None) -> bool:
        """Note how a job of this process has ended; whether it was still this process's to end."""
        state: State = "succeeded" if problem is None else "failed"
        with writing(self._engine) as connection:
            return _move(connection, self._runs(job), state, fit=fit, problem=problem, finished_at=func.now())

    def release(self, job: Job) -> bool:
        """Give a job of this process back, to be begun by another as if it had not been begun."""
        with writing(self._engine) as connection:
            return _move(connection, self._runs(job), "queued", process=None, attempts=jobs.c.attempts - 1)

    def cancel(self, id: str, owner: str) -> bool:
        """Whether there was such a job and it was not over; whoever runs it learns of it from `cancelled`."""
        with writing(self._engine) as connection:
            which = and_(jobs.c.id == id, jobs.c.owner == owner)
            return _move(connection, which, "cancelled", cancelled=True, finished_at=func.now())

    def forget(self, id: str, owner: str) -> bool:
        """Whether there was such a job that had failed or been cancelled, which is gone now."""
        with writing(self._engine) as connection:
            which = and_(jobs.c.id == id, jobs.c.owner == owner, jobs.c.state.in_(["failed", "cancelled"]))
            return bool(connection.execute(delete(jobs).where(which)).rowcount)

    def cancelled(self, running: Sequence[Job]) -> set[str]:
        """Which of these jobs, begun by this process, are no longer its own: cancelled, or taken over by others."""
        if not running:
            return set()
        with self._engine.connect() as connection:
            mine = select(jobs.c.id).where(or_(*[self._runs(job) for job in running]))
            return {job.id for job in running} - set(connection.execute(mine).scalars())

    def beat(self) -> None:
        """Show that this process lives."""
        with writing(self._engine) as connection:
            known = connection.execute(
                update(processes).where(processes.c.id == self._process).values(beat=processes.c.beat + 1)
            )
            if not known.rowcount:
                connection.execute(insert(processes).values(id=self._process, beat=0))

    def take_over(self, problem: bytes) -> int:
        """Let the jobs of dead processes be begun again, or fail with this problem where that was done too often.

        How many there were.
        """
        dead = self._dead()
        with self._engine.connect() as connection:
            known = select(processes.c.id)
            lost = and_(jobs.c.state == "running", or_(jobs.c.process.in_(dead), jobs.c.process.not_in(known)))
            if not dead and not connection.execute(select(jobs.c.id).where(lost).limit(1)).first():
                return 0
        with writing(self._engine) as connection:
            spent = and_(lost, jobs.c.attempts >= MOST_ATTEMPTS)
            failed = {"state": "failed", "problem": problem, "finished_at": func.now()}
            connection.execute(update(jobs).where(spent).values(failed))
            count = connection.execute(update(jobs).where(lost).values(state="queued", process=None)).rowcount
            connection.execute(delete(processes).where(processes.c.id.in_(dead)))
        return count

    def leave(self) -> None:
        """Show that this process has ended, so that nobody waits for its beat."""
        with writing(self._engine) as connection:
            connection.execute(delete(processes).where(processes.c.id == self._process))

    def expire(self, seconds: float) -> int:
        """Remove the jobs that were over so many seconds ago; how many there were."""
        over = and_(jobs.c.finished_at.is_not(None), age_of(jobs.c.finished_at, self._engine) > seconds)
        with writing(self._engine) as connection:
            return connection.execute(delete(jobs).where(over)).rowcount

    def _dead(self) -> list[str]:
        """The processes that are gone, or whose beat has stood still for long enough."""
        with self._engine.connect() as connection:
            beats = {row.id: row.beat for row in connection.execute(select(processes.c.id, processes.c.beat))}
        now = time.monotonic()
        # Who has not looked for a while, as the database was gone or this process was stopped, knows nothing.
        known = self._seen if now - self._looked < 0.5 * SILENCE else {}
        self._looked = now
        self._seen = {
            id: known[id] if id in known and known[id][0] == beat else (beat, now)
            for id, beat in beats.items()
            if id != self._process
        }
        return [id for id, (_, since) in self._seen.items() if now - since > SILENCE or self._is_gone(id)]

    def _runs(self, job: Job) -> ColumnElement[bool]:
        """That this process still runs the job, in the attempt it knows of."""
        return and_(
            jobs.c.id == job.id,
            jobs.c.process == self._process,
            jobs.c.attempts == job.attempts,
            jobs.c.state == "running",
        )


def _move(connection: Connection, which: ColumnElement[bool], state: State, **changes: object) -> bool:
    """Whether a job was in a state that this one may follow, and is in this one now."""
    allowed = and_(which, jobs.c.state.in_(states_before(state)))
    return bool(connection.execute(update(jobs).where(allowed).values(state=state, **changes)).rowcount)


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(**row._mapping)
