"""The runner: every job is begun once and settled, whatever the store does in between, and none is kept at the end."""

import errno
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from service.errors import DeadlineExceeded, QueueFull, ServiceError
from service.jobs.database import open_database
from service.jobs.job import Job
from service.jobs.ledger import Ledger
from service.jobs.runner import Desk, Runner
from tests.jobs.processes import until


@dataclass
class Work:
    """Work that ends when it is told to, and what was settled of it."""

    ledger: Ledger
    futures: dict[str, Future[object]] = field(default_factory=dict)
    settled: list[tuple[str, object]] = field(default_factory=list)
    begins: list[str] = field(default_factory=list)
    refusal: ServiceError | None = None
    outages: int = 0
    flushes: int = 0
    outage: Exception = field(default_factory=lambda: OSError(errno.ENOSPC, "No space left on device"))

    def begin(self, job: Job, tell: Callable[[str], None]) -> Future[object]:
        if self.refusal is not None:
            raise self.refusal
        self.begins.append(job.id)
        tell("fit")
        self.futures[job.id] = Future()
        return self.futures[job.id]

    def settle(self, job: Job, outcome: object) -> None:
        if self.outages:
            self.outages -= 1
            raise self.outage
        done = outcome == "done"
        if self.ledger.finish(job, fit="f" if done else None, problem=None if done else b"{}"):
            self.settled.append((job.id, outcome))

    def flush(self) -> None:
        self.flushes += 1

    def desk(self) -> Desk:
        return Desk(self.begin, self.settle, lambda _: b"{}", lambda: None, self.flush)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(Ledger(open_database(f"sqlite:///{tmp_path}/jobs.db"), "p"))


@pytest.fixture
def runner(work: Work) -> Iterator[Runner]:
    runner = Runner(work.ledger, work.desk(), most=2)
    runner.start()
    yield runner
    runner.close(grace=0)


def accept(work: Work, runner: Runner, *ids: str) -> None:
    for id in ids:
        work.ledger.accept(id, "", b"")
    runner.wake()


def state(work: Work, id: str) -> str:
    job = work.ledger.get(id, "")
    assert job
    return job.state


def test_jobs_are_begun_as_there_is_room_and_settled(work: Work, runner: Runner) -> None:
    accept(work, runner, "a", "b", "c")
    until(lambda: work.begins == ["a", "b"])
    work.futures["a"].set_result("done")
    until(lambda: work.begins == ["a", "b", "c"])
    for id in "bc":
        work.futures[id].set_result("done")
    until(lambda: sorted(work.settled) == [("a", "done"), ("b", "done"), ("c", "done")])
    assert [state(work, id) for id in "abc"] == ["succeeded"] * 3


def test_what_others_should_not_wait_for_is_written_with_every_beat(work: Work, runner: Runner) -> None:
    until(lambda: work.flushes > 2)


def test_the_stage_is_told(work: Work, runner: Runner) -> None:
    accept(work, runner, "a")

    def stage() -> str | None:
        job = work.ledger.get("a", "")
        return None if job is None else job.stage

    until(lambda: stage() == "fit")


def test_a_failure_is_an_outcome(work: Work, runner: Runner) -> None:
    accept(work, runner, "a")
    until(lambda: "a" in work.futures)
    work.futures["a"].set_exception(DeadlineExceeded("Too long."))
    until(lambda: state(work, "a") == "failed")
    assert isinstance(work.settled[0][1], DeadlineExceeded)


@pytest.mark.parametrize("outage", [None, OperationalError("INSERT", {}, Exception("the database is gone"))])
def test_a_result_waits_for_the_store(work: Work, runner: Runner, outage: Exception | None) -> None:
    accept(work, runner, "a", "b")
    work.outage = outage or work.outage
    until(lambda: len(work.futures) == 2)
    work.outages = 3
    for future in work.futures.values():
        future.set_result("done")
    until(lambda: len(work.settled) == 2)
    assert work.outages == 0
    assert work.begins == ["a", "b"]


def test_a_job_that_is_cancelled_elsewhere_is_stopped(work: Work, runner: Runner) -> None:
    accept(work, runner, "a")
    until(lambda: "a" in work.futures)
    Ledger(work.ledger._engine, "elsewhere").cancel("a", "")
    until(work.futures["a"].cancelled)
    assert work.settled == []


def test_what_finds_no_place_waits(work: Work, runner: Runner) -> None:
    work.refusal = QueueFull("Too much.")
    accept(work, runner, "a")
    until(lambda: state(work, "a") == "queued")
    work.refusal = None
    until(lambda: work.begins == ["a"])


def test_what_cannot_be_begun_fails(work: Work, runner: Runner) -> None:
    work.refusal = ServiceError("No.")
    accept(work, runner, "a")
    until(lambda: state(work, "a") == "failed")


def test_who_stops_hands_over(work: Work) -> None:
    first, second = Runner(work.ledger, work.desk(), most=2), Work(Ledger(work.ledger._engine, "q"))
    first.start()
    accept(work, first, "a", "b")
    until(lambda: len(work.futures) == 2)
    closing = threading.Thread(target=first.close, args=(5,))
    closing.start()
    work.futures["a"].set_result("done")
    until(lambda: work.settled == [("a", "done")])
    accept(work, first, "c")
    closing.join()
    assert work.futures["b"].cancelled()
    assert [state(work, id) for id in "abc"] == ["succeeded", "queued", "queued"]
    other = Runner(second.ledger, second.desk(), most=2)
    other.start()
    until(lambda: sorted(second.begins) == ["b", "c"])
    other.close(grace=0)


def test_who_stops_hands_over_what_it_was_about_to_begin(work: Work) -> None:
    taken, may_begin = threading.Event(), threading.Event()

    def begin(job: Job, tell: Callable[[str], None]) -> Future[object]:
        taken.set()
        may_begin.wait(5)
        return work.begin(job, tell)

    runner = Runner(work.ledger, replace(work.desk(), begin=begin), most=1)
    runner.start()
    accept(work, runner, "a")
    assert taken.wait(5)
    closing = threading.Thread(target=runner.close, args=(0,))
    closing.start()
    until(lambda: runner.is_resting)
    may_begin.set()
    closing.join(5)
    assert not closing.is_alive()
    assert (work.futures["a"].cancelled(), state(work, "a")) == (True, "queued")


def test_who_stops_does_not_wait_for_a_store_that_is_gone(work: Work) -> None:
    work.outages = 10**6
    runner = Runner(work.ledger, work.desk(), most=1)
    runner.start()
    accept(work, runner, "a")
    until(lambda: "a" in work.futures)
    work.futures["a"].set_result("done")
    closing = threading.Thread(target=runner.close, args=(0.2,))
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
