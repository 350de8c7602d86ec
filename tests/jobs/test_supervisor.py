"""Catastrophes: workers that are killed, die, hang, freeze or cannot be had cost the task they happen to, at most."""

import asyncio
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from service.errors import DeadlineExceeded, WorkerDied
from service.jobs import supervisor
from service.jobs.forkserver import ForkServer
from service.jobs.supervisor import Supervisor
from service.jobs.worker import pack
from tests.jobs.processes import OpenPool, begun, parent, ready, running, until


def kill(worker: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)


def test_a_killed_worker_costs_its_task_a_second_try(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(2)
    killed = pool.submit("tests.jobs.tasks:sleep", 0.3, str(tmp_path / "killed"))
    neighbour = pool.submit("tests.jobs.tasks:sleep", 0.3, str(tmp_path / "neighbour"))
    victim, other = begun(tmp_path / "killed"), begun(tmp_path / "neighbour")
    kill(victim)
    assert neighbour.result() == other
    assert killed.result() != victim
    census = ready(pool, 2).census()
    assert (census.deaths, census.retries) == (1, 1)


def test_a_second_try_comes_before_what_waits(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(1)
    tried_again = pool.submit("tests.jobs.tasks:die_the_first_time", str(tmp_path / "mark"), 1)
    last = [pool.submit("tests.jobs.tasks:sleep", 0.05) for _ in range(5)][-1]
    assert tried_again.result() == 1
    assert not last.done()


def test_a_task_that_kills_two_workers_is_not_tried_again(open_pool: OpenPool) -> None:
    pool = open_pool(2)
    poison = [pool.submit("tests.jobs.tasks:die") for _ in range(5)]
    healthy = [pool.submit("tests.jobs.tasks:double", number) for number in range(20)]
    for future in poison:
        with pytest.raises(WorkerDied):
            future.result()
    assert [future.result() for future in healthy] == [2 * number for number in range(20)]
    census = ready(pool, 2).census()
    assert (census.deaths, census.retries) == (10, 5)


def test_a_late_task_is_killed_and_delays_nobody(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = ready(open_pool(2), 2)
    start = time.monotonic()
    late = pool.submit("tests.jobs.tasks:spin", str(tmp_path / "mark"), deadline=0.5)
    worker = begun(tmp_path / "mark")
    slowest = 0.0
    while not late.done():
        before = time.monotonic()
        assert pool.submit("tests.jobs.tasks:double", 1).result() == 2
        slowest = max(slowest, time.monotonic() - before)
    # A kill takes a millisecond, a neighbour's task a quarter; the rest is for a busy machine.
    assert 0.5 <= time.monotonic() - start < 1.5
    assert slowest < 0.4
    with pytest.raises(DeadlineExceeded, match=r"longer than 0\.5 s"):
        late.result()
    until(lambda: not running(worker))
    assert ready(pool, 2).census().deaths == 0


def test_the_deadline_is_the_pools_unless_a_task_has_its_own(open_pool: OpenPool) -> None:
    pool = open_pool(2, deadline=0.1)
    patient = pool.submit("tests.jobs.tasks:sleep", 0.3, deadline=20)
    assert isinstance(pool.submit("tests.jobs.tasks:sleep", 20).exception(), DeadlineExceeded)
    assert patient.exception() is None


def test_waiting_for_a_worker_does_not_count_towards_the_deadline(open_pool: OpenPool) -> None:
    pool = open_pool(1, deadline=1)
    futures = [pool.submit("tests.jobs.tasks:sleep", 0.4) for _ in range(3)]
    assert len({future.result() for future in futures}) == 1


def test_workers_are_replaced_after_their_share_of_tasks(open_pool: OpenPool) -> None:
    pool = open_pool(2, tasks_per_worker=5)
    workers = [pool.submit("tests.jobs.tasks:process_id").result() for _ in range(50)]
    assert all(workers.count(worker) <= 5 for worker in workers)
    assert pool.census().deaths == 0
    # Not even zombies stay.
    until(lambda: sum(Path(f"/proc/{worker}").exists() for worker in set(workers)) <= 2)


def test_under_constant_kills_every_task_comes_out_right(open_pool: OpenPool) -> None:
    pool = ready(open_pool(2), 2)
    finished = threading.Event()

    def kill_now_and_then() -> None:
        for turn in itertools.count():
            if finished.wait(0.01):
                return
            if workers := pool.census().workers:
                kill(workers[turn % len(workers)])

    def double(number: int) -> object:
        while True:
            with suppress(WorkerDied):
                return pool.submit("tests.jobs.tasks:double_slowly", number).result()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    with ThreadPoolExecutor(8) as clients:
        values = list(clients.map(double, range(500)))
    finished.set()
    killer.join()
    assert values == [2 * number for number in range(500)]
    census = ready(pool, 2).census()
    assert census.deaths >= 10
    assert census.retries >= 5
    assert census.queued == 0


def test_a_worker_given_to_a_task_at_the_moment_of_its_cancelling_is_not_lost() -> None:
    async def scenario() -> object:
        supervisor = Supervisor(1, ForkServer((), None), tasks_per_worker=10)
        supervision = asyncio.create_task(supervisor.supervise())
        first, second, third = (
            asyncio.create_task(supervisor.run("operator:neg", pack(("operator:neg", (number,))), deadline=20))
            for number in (1, 2, 3)
        )
        # The first gives its worker to the second in the very step that ends it; the second has not moved yet.
        while not first.done():
            await asyncio.sleep(0)
        second.cancel()
        async with asyncio.timeout(10):
            value = await third
        supervisor.stop.set()
        await supervision
        return value

    assert asyncio.run(scenario()) == -3


def test_an_idle_worker_that_dies_is_replaced_unasked(open_pool: OpenPool) -> None:
    pool = ready(open_pool(2), 2)
    before = pool.census().workers
    kill(before[0])
    until(lambda: pool.census().deaths == 1)
    after = ready(pool, 2).census()
    assert len(set(after.workers) & set(before)) == 1
    assert after.retries == 0


def test_an_idle_worker_that_does_not_answer_is_replaced(open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.2)
    pool = ready(open_pool(2), 2)
    frozen = pool.census().workers[0]
    os.kill(frozen, signal.SIGSTOP)
    assert not pool.ready()
    until(lambda: not running(frozen))
    assert frozen not in ready(pool, 2).census().workers


def test_a_busy_pool_is_ready(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(1)
    pool.submit("tests.jobs.tasks:spin", str(tmp_path / "mark"))
    begun(tmp_path / "mark")
    assert pool.ready()


def test_a_pool_without_workers_is_not_ready_until_it_has_some(open_pool: OpenPool) -> None:
    pool = ready(open_pool(2), 2)
    workers = pool.census().workers
    fork_server = parent(workers[0])
    os.kill(fork_server, signal.SIGSTOP)
    for worker in workers:
        kill(worker)
    until(lambda: pool.census().deaths == 2)
    assert not pool.ready()
    waiting = pool.submit("tests.jobs.tasks:double", 1)
    os.kill(fork_server, signal.SIGCONT)
    assert waiting.result() == 2
    until(pool.ready)


def test_workers_that_cannot_be_had_are_asked_for_more_and_more_slowly(
    open_pool: OpenPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRAGILE", str(tmp_path / "switch"))
    pool = open_pool(1, preload=("tests.jobs.fragile",))
    waiting = pool.submit("tests.jobs.tasks:double", 1)
    until(lambda: pool.census().deaths >= 3)
    assert not pool.ready()
    time.sleep(0.5)
    # After pauses of 0.1, 0.2, 0.4 and 0.8 s: one at most during the half second.
    assert pool.census().deaths <= 4
    assert "ImportError: not today" in capfd.readouterr().err
    (tmp_path / "switch").touch()
    assert waiting.result() == 2
    assert pool.ready()
