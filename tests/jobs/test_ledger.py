"""The ledger: no job is begun by two at once, none is lost with its process, and only who runs it may end it."""

import threading

import pytest
from sqlalchemy import Engine

from service.jobs import ledger as module
from service.jobs.job import MOST_ATTEMPTS, Job
from service.jobs.ledger import Ledger
from service.jobs.store import Lot, Store

PROBLEM = b'{"code": "worker_died"}'


class Clock:
    """A clock that goes when it is told to."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def state(ledger: Ledger, id: str = "j") -> str:
    job = ledger.get(id, "me")
    assert job
    return job.state


def begun(ledger: Ledger) -> Job:
    (job,) = ledger.claim(1)
    return job


def silent(clock: Clock, observer: Ledger, seconds: float) -> None:
    """Let time pass in which the observer looks and nobody else beats."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now += 1
        observer.beat()
        observer.take_over(PROBLEM)


def test_a_job_is_accepted_once(database: Engine) -> None:
    ledger = Ledger(database, "p")
    first = ledger.accept("j", "me", b"words")
    assert (first.state, first.words, first.attempts, first.is_over) == ("queued", b"words", 0, False)
    assert ledger.accept("j", "me", b"other words") == first
    assert ledger.count() == 1
    assert ledger.get("j", "you") is None


def test_a_job_goes_its_way(database: Engine) -> None:
    ledger = Ledger(database, "p")
    ledger.accept("j", "me", b"words")
    job = begun(ledger)
    assert (job.id, job.state, job.attempts, job.process) == ("j", "running", 1, "p")
    assert ledger.claim(1) == []
    ledger.advance(job, "fit")
    assert ledger.finish(job, fit="f1")
    done = ledger.get("j", "me")
    assert done
    assert (done.state, done.fit, done.stage, done.is_over) == ("succeeded", "f1", "fit", True)
    assert done.started_at
    assert done.finished_at
    assert done.created_at <= done.started_at <= done.finished_at
    assert not ledger.finish(job, problem=PROBLEM)
    assert state(ledger) == "succeeded"
    Store(database).put_all([Lot({"f1": b"{}"}, "me")])
    assert ledger.accept("j", "me", b"words").state == "succeeded"


def test_a_job_whose_fit_is_gone_can_be_asked_again(database: Engine) -> None:
    ledger, documents = Ledger(database, "p"), Store(database)
    ledger.accept("j", "me", b"words")
    documents.put_all([Lot({"f": b"{}"}, "me")])
    assert ledger.finish(begun(ledger), fit="f")
    assert documents.remove("f", "me", "It was in the way.")
    again = ledger.accept("j", "me", b"words")
    assert (again.state, again.attempts, again.fit) == ("queued", 0, None)


def test_a_job_that_led_to_nothing_can_be_forgotten(database: Engine) -> None:
    ledger = Ledger(database, "p")
    ledger.accept("j", "me", b"words")
    job = begun(ledger)
    assert not ledger.forget("j", "me")
    assert ledger.finish(job, problem=PROBLEM)
    assert not ledger.forget("j", "you")
    assert ledger.forget("j", "me")
    assert ledger.get("j", "me") is None


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_failed_or_was_cancelled_can_be_asked_again(database: Engine, end: str) -> None:
    ledger = Ledger(database, "p")
    ledger.accept("j", "me", b"words")
    job = begun(ledger)
    assert ledger.finish(job, problem=PROBLEM) if end == "failed" else ledger.cancel("j", "me")
    assert state(ledger) == end
    again = ledger.accept("j", "me", b"words")
    assert (again.state, again.attempts, again.problem) == ("queued", 0, None)


def test_the_longest_wait_is_the_first_served(database: Engine) -> None:
    ledger = Ledger(database, "p")
    for id in "abcde":
        ledger.accept(id, "me", b"")
    assert [job.id for job in ledger.claim(3)] == ["a", "b", "c"]
    assert [job.id for job in ledger.claim(3)] == ["d", "e"]


def test_no_job_is_begun_by_two(database: Engine) -> None:
    ledgers = [Ledger(database, f"p{number}") for number in range(4)]
    for number in range(60):
        ledgers[0].accept(f"j{number}", "me", b"")
    claimed: list[Job] = []

    def claim(ledger: Ledger) -> None:
        while jobs := ledger.claim(3):
            claimed.extend(jobs)

    threads = [threading.Thread(target=claim, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [job.id for job in claimed]
    assert len(ids) == len(set(ids))
    assert all(job.attempts == 1 for job in claimed)
    # Who finds others at work on a row may leave it for the next look.
    assert len(ids) + len(ledgers[0].claim(100)) == 60


def test_a_cancelled_job_is_no_longer_its_process_s(database: Engine) -> None:
    ledger, elsewhere = Ledger(database, "p"), Ledger(database, "q")
    ledger.accept("j", "me", b"")
    job = begun(ledger)
    assert ledger.cancelled([job]) == set()
    assert not elsewhere.cancel("j", "you")
    assert elsewhere.cancel("j", "me")
    assert not elsewhere.cancel("j", "me")
    assert ledger.cancelled([job]) == {"j"}
    assert not ledger.finish(job, fit="f1")
    assert ledger.unfinished("me", 10) == []


def test_the_jobs_of_a_dead_process_are_begun_again(database: Engine, clock: Clock) -> None:
    dead, alive = Ledger(database, "dead"), Ledger(database, "alive")
    dead.beat()
    dead.accept("j", "me", b"")
    job = begun(dead)
    silent(clock, alive, module.SILENCE - 1)
    assert state(alive) == "running"
    silent(clock, alive, 3)
    again = begun(alive)
    assert (again.attempts, again.process) == (2, "alive")
    # It was not dead but slow: its result comes too late.
    assert dead.cancelled([job]) == {"j"}
    assert not dead.finish(job, fit="f1")
    assert alive.finish(again, fit="f2")


def test_the_jobs_of_a_process_that_is_seen_to_be_gone_are_begun_again_at_once(database: Engine) -> None:
    gone: set[str] = set()
    dead, alive = Ledger(database, "dead"), Ledger(database, "alive", gone.__contains__)
    dead.beat()
    dead.accept("j", "me", b"")
    begun(dead)
    assert alive.take_over(b"{}") == 0
    gone.add("dead")
    assert alive.take_over(b"{}") == 1
    assert begun(alive).attempts == 2


def test_a_process_that_beats_keeps_its_jobs(database: Engine, clock: Clock) -> None:
    busy, other = Ledger(database, "busy"), Ledger(database, "other")
    busy.beat()
    busy.accept("j", "me", b"")
    begun(busy)
    for _ in range(20):
        silent(clock, other, 1)
        busy.beat()
    assert state(other) == "running"


def test_who_has_not_looked_for_long_declares_nobody_dead(database: Engine, clock: Clock) -> None:
    busy, other = Ledger(database, "busy"), Ledger(database, "other")
    busy.beat()
    busy.accept("j", "me", b"")
    begun(busy)
    silent(clock, other, 1)
    clock.now += 100  # The database was gone, for the busy one too.
    assert other.take_over(PROBLEM) == 0
    assert state(other) == "running"


def test_a_process_that_nobody_knows_is_dead(database: Engine) -> None:
    gone, here = Ledger(database, "gone"), Ledger(database, "here")
    gone.beat()
    gone.accept("j", "me", b"")
    begun(gone)
    gone.leave()
    here.beat()
    assert here.take_over(PROBLEM) == 1
    assert state(here) == "queued"


def test_a_job_that_takes_its_processes_along_fails_in_the_end(database: Engine) -> None:
    here = Ledger(database, "here")
    here.accept("j", "me", b"")
    for attempt in range(MOST_ATTEMPTS):
        assert state(here) == "queued"
        doomed = Ledger(database, f"doomed{attempt}")
        begun(doomed)
        here.take_over(PROBLEM)
    job = here.get("j", "me")
    assert job
    assert (job.state, job.problem) == ("failed", PROBLEM)


def test_what_is_handed_over_was_not_begun(database: Engine) -> None:
    first, second = Ledger(database, "first"), Ledger(database, "second")
    first.accept("j", "me", b"")
    assert first.release(begun(first))
    assert begun(second).attempts == 1


def test_a_job_in_the_middle_is_accepted_as_running(database: Engine) -> None:
    ledger = Ledger(database, "p")
    job = ledger.accept("j", "me", b"", running=True)
    assert (job.state, job.process, job.attempts) == ("running", "p", 1)
    assert ledger.claim(1) == []
    assert ledger.finish(job, fit="f1")


def test_what_is_over_goes_in_the_end(database: Engine) -> None:
    ledger = Ledger(database, "p")
    ledger.accept("over", "me", b"")
    ledger.finish(begun(ledger), fit="f1")
    ledger.accept("waiting", "me", b"")
    assert ledger.expire(1000) == 0
    assert ledger.expire(-10) == 1
    assert ledger.get("over", "me") is None
    assert ledger.is_unfinished("waiting")
    assert not ledger.is_unfinished("over")
