"""The service under load: how many radon fits a second, what becomes of four times as many, and what memory they leave.

Run: python -m benchmarks.load [--port PORT] [--seconds 20] [--overload 60] [--fits 20000]. Without a port it starts the
service. The clients are processes of their own, on the same cores as the service.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np

from benchmarks.clients import Client, numbered, radon_body
from benchmarks.started import Process, computed, resident, started

CLIENTS = 8
CROWD = 64
"""Clients that send four times the capacity; each waits for its answer, so that they must be many."""

PROCESSES = 2
"""In which the clients are: more would take the cores from the service, which has no more processes itself."""

NICENESS = 10
"""By which clients step aside for the service: in life they have other cores than it."""

FACTOR = 4
STRIDE = 10**8
"""Between the numbers of two clients' requests, so that none are the same."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What a client shall do: from `first` on, so many seconds or requests, `pause` seconds from one to the next.

    It begins after `delay` seconds.
    """

    port: int
    first: int
    seconds: float
    requests: int = STRIDE
    pause: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What clients saw: the seconds of the fits, the others by status, those of them that said when to come again."""

    times: list[float]
    others: Counter[int]
    told: int


def drive(task: Drive) -> Seen:
    """What one client sees."""
    client, body = Client("127.0.0.1", task.port), radon_body()
    times: list[float] = []
    others: Counter[int] = Counter()
    told = 0
    due = time.perf_counter() + task.delay
    end = due + task.seconds
    for number in range(task.first, task.first + task.requests):
        if (now := time.perf_counter()) >= end:
            break
        time.sleep(max(0.0, due - now))
        due = max(due, now) + task.pause  # What was missed is not made up for.
        try:
            answer = client.post(numbered(body, number))
        except OSError:
            others[0] += 1
            continue
        if answer.status in (200, 201):
            times.append(answer.seconds)
        else:
            others[answer.status] += 1
            told += "retry-after" in answer.headers
    return Seen(times, others, told)


def drive_all(tasks: list[Drive]) -> list[Seen]:
    """What clients of one process see, each a thread."""
    if not tasks:
        return []
    with ThreadPool(len(tasks)) as pool:
        return pool.map(drive, tasks, chunksize=1)


class Numbers:
    """Numbers of requests that nobody has sent."""

    def __init__(self) -> None:
        self._next = int(time.time()) % 10_000 * 10 * STRIDE

    def take(self) -> int:
        """The first number of a client."""
        self._next += STRIDE
        return self._next


def crowd(
    port: int, numbers: Numbers, clients: int, seconds: float, *, pause: float = 0.0, requests: int = STRIDE
) -> Seen:
    """What clients see at the same time; if each pauses, all together ask at an even pace."""
    delays = [pause * number / clients for number in range(clients)]
    tasks = [Drive(port, numbers.take(), seconds, requests, pause, delay) for delay in delays]
    with multiprocessing.Pool(min(PROCESSES, clients), os.nice, (NICENESS,)) as pool:
        seen = [one for some in pool.map(drive_all, [tasks[k::PROCESSES] for k in range(PROCESSES)]) for one in some]
    times = [each for one in seen for each in one.times]
    return Seen(times, sum((one.others for one in seen), Counter()), sum(one.told for one in seen))


def show_throughput(port: int, numbers: Numbers, seconds: float) -> tuple[float, float]:
    """Print what one client and eight see; the fits a second of the eight, and the 99th percentile of the one."""
    crowd(port, numbers, CLIENTS, 2.0)  # until all is warm
    alone = crowd(port, numbers, 1, seconds / 2)
    eight = crowd(port, numbers, CLIENTS, seconds)
    print(f"one client: {quantiles(alone.times)}")
    rate = len(eight.times) / seconds
    print(f"{CLIENTS} clients: {rate:.0f} fits a second, {quantiles(eight.times)}, others {dict(eight.others)}")
    return rate, float(np.quantile(alone.times, 0.99))


def show_overload(port: int, numbers: Numbers, seconds: float, rate: float, unloaded: float) -> None:
    """Print what becomes of four times as many requests as can be answered."""
    seen = crowd(port, numbers, CROWD, seconds, pause=CROWD / (FACTOR * rate))
    refused = seen.others.total()
    asked = len(seen.times) + refused
    print(
        f"{asked / seconds:.0f} requests a second, {asked / seconds / rate:.1f} times the capacity: "
        f"{len(seen.times) / seconds:.0f} fits a second, {100 * len(seen.times) / asked:.0f}%, "
        f"{quantiles(seen.times)}, {np.quantile(seen.times, 0.99) / unloaded:.1f} times that of one client; "
        f"others {dict(seen.others)}, {seen.told} of {refused} with Retry-After"
    )


def show_memory(service: Process, numbers: Numbers, fits: int) -> None:
    """Print what the processes hold before and after so many fits, and the CPU seconds that a fit costs."""
    crowd(service.port, numbers, CLIENTS, 2.0)  # until the crowd that was is forgotten
    before, spent, start = holdings(service), cpu(service), time.perf_counter()
    seen = crowd(service.port, numbers, CLIENTS, 3600.0, requests=fits // CLIENTS)
    elapsed = time.perf_counter() - start
    for name, size in holdings(service).items():
        growth = 100 * (size / before[name] - 1)
        print(f"{name}: {before[name] / 2**20:.0f} MiB, after {fits:,} fits {size / 2**20:.0f} MiB, {growth:+.1f}%")
    serving = 1e3 * (cpu(service) - spent) / fits
    print(f"{len(seen.times) / elapsed:.0f} fits a second; the serving process computes {serving:.2f} ms for each")


def holdings(service: Process) -> dict[str, int]:
    """The resident bytes of the serving process, and of the largest worker, each of which is replaced now and then."""
    sizes = [resident(worker) for worker in service.workers()]
    return {"serving process": resident(service.process.pid), "largest worker": max(sizes)}


def cpu(service: Process) -> float:
    """The CPU seconds of the serving process."""
    return computed(service.process.pid)


def quantiles(times: list[float]) -> str:
    """Median and 99th percentile."""
    median, late = 1e3 * np.quantile(times, [0.5, 0.99])
    return f"p50 {median:.1f} ms p99 {late:.1f} ms"


@contextmanager
def service_at(port: int | None) -> Iterator[tuple[int, Process | None]]:
    """The port of the service there is, or of one that is started, and then its process."""
    if port is not None:
        yield port, None
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder), requests_per_minute=10**6, kept_bytes="512MiB", fits_bytes="512MiB") as service,
    ):
        yield service.port, service


def main() -> None:
    """Print what clients see of the service."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--port", type=int, help="of a service on this machine; else one is started")
    parser.add_argument("--seconds", type=float, default=20, help="of full load")
    parser.add_argument("--overload", type=float, default=20, help="seconds of four times the load, 0 for none")
    parser.add_argument("--fits", type=int, default=0, help="after which memory is looked at")
    options = parser.parse_args()
    numbers = Numbers()
    with service_at(options.port) as (port, service):
        rate, unloaded = show_throughput(port, numbers, options.seconds)
        if options.overload:
            show_overload(port, numbers, options.overload, rate, unloaded)
        if options.fits and service is not None:
            show_memory(service, numbers, options.fits)


if __name__ == "__main__":
    main()
