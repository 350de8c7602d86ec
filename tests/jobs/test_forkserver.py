"""The processes live and die with the serving process, whatever happens to it, to them or to the fork server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.jobs.forkserver import ForkServer
from tests.jobs.processes import OpenPool, begun, parent, ready, running, until


@contextmanager
def serving(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A serving process with the ids of its fork server and workers; fails if one of them is there in the end."""
    command = [sys.executable, "-m", "tests.jobs.serving", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        processes = [int(pid) for pid in process.stdout.readline().split()]
        assert len(processes) == 4
        assert all(map(running, processes))
        yield process, processes
        process.kill()
    until(lambda: not any(map(running, processes)))


@pytest.mark.parametrize("others", [[], [0], [0, 1, 3]], ids=["alone", "with the fork server", "with some of all"])
def test_nobody_outlives_a_killed_serving_process(tmp_path: Path, others: list[int]) -> None:
    with serving(tmp_path) as (process, processes):
        for other in others:
            os.kill(processes[other], signal.SIGKILL)
        process.kill()


def test_nobody_outlives_a_serving_process_that_ends_without_closing_its_pool(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        process.terminate()
        process.wait(timeout=10)


def test_the_terminals_interrupt_does_not_reach_the_workers(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, processes):
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdin
        assert process.stdout
        process.stdin.write("21\n")
        process.stdin.flush()
        assert process.stdout.readline() == "42\n"
        assert all(map(running, processes))
        assert {os.getsid(pid) for pid in processes} == {processes[0]}


def test_a_frozen_fork_server_does_not_keep_a_pool_from_closing(open_pool: OpenPool) -> None:
    pool = ready(open_pool(1), 1)
    fork_server = parent(pool.census().workers[0])
    os.kill(fork_server, signal.SIGSTOP)
    pool.close(grace=20)
    assert not running(fork_server)


def test_a_killed_fork_server_costs_every_task_a_second_try(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = ready(open_pool(2), 2)
    futures = [pool.submit("tests.jobs.tasks:sleep", 0.3, str(tmp_path / str(number))) for number in range(2)]
    workers = [begun(tmp_path / str(number)) for number in range(2)]
    os.kill(parent(workers[0]), signal.SIGKILL)
    assert not {future.result() for future in futures} & set(workers)
    assert ready(pool, 2).census().retries == 2


def test_a_fork_server_has_one_thread_whatever_it_imports(open_pool: OpenPool) -> None:
    pool = ready(open_pool(1, preload=("scipy.linalg", "pyarrow.csv")), 1)
    assert len(os.listdir(f"/proc/{parent(pool.census().workers[0])}/task")) == 1


def test_what_a_library_logs_of_a_body_is_not_written(capfd: pytest.CaptureFixture[str], open_pool: OpenPool) -> None:
    open_pool(1).submit("logging:warning", "a row").result()
    assert capfd.readouterr().err == ""


PROGRAM = """
import asyncio

from service.jobs.pool import Pool


async def main():
    pool = Pool(2, deadline=9, queue_limit=9, tasks_per_worker=9)
    pool.start()
    print(await asyncio.wrap_future(pool.submit("operator:neg", 1)))
    {end}


print("once")
asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["await pool.close(9)", ""], ids=["closed", "not closed"])
@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_a_program_is_run_once_and_leaves_nothing_to_complain_of(tmp_path: Path, end: str, stdin: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.format(end=end))
    finished = subprocess.run(
        [
            "sh",
            "-c",
            f'exec "$@" {stdin}',
            "sh",
            sys.executable,
            "-X",
            "dev",
            "-W",
            "error",
            str(tmp_path / "program.py"),
        ],
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert (finished.stdout, finished.stderr) == ("once\n-1\n", "")


def test_a_fork_server_that_was_never_needed_is_closed_as_well() -> None:
    ForkServer((), None).close()
