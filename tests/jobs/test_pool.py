"""The pool as its callers see it: values, problems, bounds, cancelling and closing."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path

import pytest

from service.errors import QueueFull, ServiceError
from tests.jobs.processes import OpenPool, begun, ready, running, until


@pytest.mark.parametrize(
    ("task", "arguments", "value"),
    [
        ("tests.jobs.tasks:double", (21,), 42),
        ("operator:add", ("a", "b"), "ab"),
        ("builtins:max", (3, 1, 2), 3),
        ("tests.jobs.tasks:reflect", (b"",), b""),
        ("tests.jobs.tasks:reflect", (b"0123456789abcdef" * 1_000_000,), b"0123456789abcdef" * 1_000_000),
    ],
    ids=["ours", "two arguments", "built in", "nothing", "16 MB there and back"],
)
def test_a_task_gives_its_value(open_pool: OpenPool, task: str, arguments: tuple[object, ...], value: object) -> None:
    assert open_pool(1).submit(task, *arguments).result() == value


@pytest.mark.parametrize(
    ("task", "cause"),
    [
        ("tests.jobs.tasks:fail", "KeyError"),
        ("tests.jobs.tasks:leave", "SystemExit"),
        ("tests.jobs.tasks:unpicklable", "Error"),
        ("tests.jobs.tasks:nothing_of_this_name", "AttributeError"),
        ("tests.jobs.nowhere:double", "ModuleNotFoundError"),
    ],
)
def test_a_task_that_raises_tells_the_log_alone(
    open_pool: OpenPool, caplog: pytest.LogCaptureFixture, task: str, cause: str
) -> None:
    pool = open_pool(1)
    worker = pool.submit("tests.jobs.tasks:process_id").result()
    problem = pool.submit(task).exception()
    assert type(problem) is ServiceError
    assert problem.code == "internal"
    assert str(problem) == problem.detail == "The work failed unexpectedly."
    record = caplog.records[-1]
    assert record.levelno == logging.ERROR
    assert cause in record.getMessage()
    assert 'File "' in record.getMessage()
    assert pool.submit("tests.jobs.tasks:process_id").result() == worker


def test_a_task_cannot_take_more_memory_than_the_limit(open_pool: OpenPool) -> None:
    pool = open_pool(1, memory_limit=500_000_000)
    worker = pool.submit("tests.jobs.tasks:process_id").result()
    assert pool.submit("tests.jobs.tasks:allocate", 100_000_000).result() == 100_000_000
    with pytest.raises(ServiceError, match="needs more memory"):
        pool.submit("tests.jobs.tasks:allocate", 1_000_000_000).result()
    assert pool.submit("tests.jobs.tasks:process_id").result() == worker


def test_workers_are_light_and_have_one_thread_each(open_pool: OpenPool) -> None:
    assert open_pool(1).submit("tests.jobs.tasks:surroundings").result() == ("1", [])


def test_the_queue_has_a_bound(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = ready(open_pool(2, queue_limit=3), 2)
    futures = [pool.submit("tests.jobs.tasks:sleep", 30, str(tmp_path / str(number))) for number in range(5)]
    with pytest.raises(QueueFull) as refusal:
        pool.submit("tests.jobs.tasks:double", 1)
    assert refusal.value.code == "queue_full"
    until(lambda: pool.census().queued == 3)
    futures[4].cancel()
    with pytest.raises(CancelledError):
        futures[4].result()
    assert not pool.submit("tests.jobs.tasks:double", 1).done()


def test_tasks_run_in_the_order_of_arrival(open_pool: OpenPool) -> None:
    pool = open_pool(1)
    finished: list[Future[object]] = []
    futures = [pool.submit("tests.jobs.tasks:double", number) for number in range(50)]
    for future in futures:
        future.add_done_callback(finished.append)
    assert [future.result() for future in futures] == [2 * number for number in range(50)]
    until(lambda: len(finished) == 50)
    assert finished == futures


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that give way after a microsecond, so that every race is run."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_a_client_that_waits_for_its_task_is_never_refused(open_pool: OpenPool) -> None:
    pool = open_pool(1, queue_limit=0)
    assert [pool.submit("tests.jobs.tasks:double", number).result() for number in range(500)] == list(range(0, 1000, 2))


def test_many_threads_submit_at_once(open_pool: OpenPool) -> None:
    pool = open_pool(2)
    futures: dict[int, Future[object]] = {}

    def submit(first: int) -> None:
        for number in range(first, first + 50):
            futures[number] = pool.submit("tests.jobs.tasks:double", number)

    threads = [threading.Thread(target=submit, args=(50 * thread,)) for thread in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: future.result() for number, future in futures.items()} == {n: 2 * n for n in range(500)}


def test_a_cancelled_task_that_waits_is_never_run(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(1)
    first = pool.submit("tests.jobs.tasks:sleep", 0.2)
    waiting = pool.submit("tests.jobs.tasks:sleep", 0, str(tmp_path / "ran"))
    last = pool.submit("tests.jobs.tasks:double", 1)
    assert waiting.cancel()
    assert last.result() == 2
    assert first.done()
    assert not (tmp_path / "ran").exists()
    assert pool.census().deaths == 0


def test_a_cancelled_task_that_runs_is_killed(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(1)
    endless = pool.submit("tests.jobs.tasks:spin", str(tmp_path / "mark"))
    worker = begun(tmp_path / "mark")
    start = time.monotonic()
    assert endless.cancel()
    assert pool.submit("tests.jobs.tasks:double", 1).result() == 2
    # A kill and a respawn take some 5 ms; the rest is for a busy machine.
    assert time.monotonic() - start < 1
    until(lambda: not running(worker))
    assert pool.census().deaths == 0


def test_closing_waits_for_what_ends_within_the_grace(open_pool: OpenPool) -> None:
    pool = open_pool(1)
    futures = [pool.submit("tests.jobs.tasks:sleep", 0.1) for _ in range(3)]
    pool.close(grace=20)
    assert all(future.result() for future in futures)


def test_closing_cancels_what_does_not(open_pool: OpenPool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pool = open_pool(2)
    endless = [pool.submit("tests.jobs.tasks:spin", str(tmp_path / str(number))) for number in range(3)]
    workers = [begun(tmp_path / "0"), begun(tmp_path / "1")]
    start = time.monotonic()
    pool.close(grace=0.1)
    # The grace and some 10 ms for the processes; the rest is for a busy machine.
    assert time.monotonic() - start < 1
    assert all(future.cancelled() for future in endless)
    assert not caplog.records
    until(lambda: not any(running(worker) for worker in workers))


@pytest.mark.parametrize("arrived", [True, False])
def test_closing_an_idle_pool_is_quick_and_final(open_pool: OpenPool, arrived: bool) -> None:
    pool = open_pool(2)
    if arrived:
        ready(pool, 2)
    start = time.monotonic()
    pool.close(grace=20)
    assert time.monotonic() - start < 1
    pool.close(grace=20)
    assert not pool.ready()
    with pytest.raises(RuntimeError, match="not open"):
        pool.submit("tests.jobs.tasks:double", 1)


def test_the_stages_of_a_long_task_are_told(open_pool: OpenPool) -> None:
    pool, told = ready(open_pool(1), 1), list[str]()
    assert pool.submit("tests.jobs.tasks:dwell", "read", "fit", tell=told.append).result() == 2
    assert told == ["read", "fit"]
    assert pool.submit("tests.jobs.tasks:dwell", "fit").result() == 1
    assert pool.submit("tests.jobs.tasks:double", 1, tell=told.append).result() == 2
    assert told == ["read", "fit"]
