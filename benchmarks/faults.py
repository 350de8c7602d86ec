"""A thousand jobs while the service is killed: every second one of its processes, serving or worker, whichever it hits.

Two serving processes share a data folder and a database, and are started again when they have died. The client sends
again what was not accepted. In the end each document is compared with what an undisturbed service makes of the same.

Run: python -m benchmarks.faults [--jobs 1000] [--every 1.0] [--seed 1]
"""

import argparse
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clients import Answer, Client, numbered, radon_body
from benchmarks.started import Process, start, started

ACCEPTED = (200, 202)
WORKERS = 2
"""Of each of the two."""

SETTINGS = {"workers": WORKERS}
PAUSE = 0.2
"""Seconds before what failed is tried again."""


@dataclass(slots=True)
class Pair:
    """Two serving processes on one folder, started again when they have died, until they are stopped."""

    folder: Path
    ports: list[int]
    processes: dict[int, Process] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def keep(self, port: int) -> None:
        """Keep the process of a port alive (on a thread of its own)."""
        while not self.stopped.is_set():
            with suppress(RuntimeError):  # it was killed before it was there
                running = start(self.folder / "data", self.folder / f"log{port}", port, SETTINGS)
                self.processes[port] = running
                if self.stopped.is_set():
                    running.process.terminate()
                running.process.wait()

    def victim(self, chance: random.Random) -> tuple[str, int] | None:
        """A process of either, serving or one of its workers, if there is one at the place that was drawn."""
        running = self.processes.get(chance.choice(self.ports))
        if running is None or running.process.poll() is not None:
            return None
        place = chance.randrange(1 + WORKERS)
        workers = running.workers()
        if place == 0:
            return "serving", running.process.pid
        return ("worker", workers[place - 1]) if place <= len(workers) else None


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Two serving processes until the block ends."""
    both = Pair(folder, [free_port(), free_port()])
    threads = [threading.Thread(target=both.keep, args=(port,)) for port in both.ports]
    for thread in threads:
        thread.start()
    try:
        yield both
    finally:
        both.stopped.set()
        for process in both.processes.values():
            process.process.terminate()
        for thread in threads:
            thread.join()


@contextmanager
def killing(both: Pair, every: float, chance: random.Random) -> Iterator[Counter[str]]:
    """Kill a process every so many seconds until the block ends; how many there were of each kind."""
    killed: Counter[str] = Counter()
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(every):
            if (victim := both.victim(chance)) is not None:
                kind, pid = victim
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed[kind] += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        ended.set()
        thread.join()


class Persistent:
    """A client that asks one of the two, and the other where that does not answer, until it is answered."""

    def __init__(self, ports: list[int]) -> None:
        self._clients = [Client("127.0.0.1", port, timeout=10.0) for port in ports]
        self.failures: Counter[str] = Counter()

    def post(self, body: bytes) -> str:
        """The id of the job, or the fit, that a request has become."""
        while True:
            answer = self._ask(lambda client: client.post(body, "Prefer: respond-async\r\n"))
            if answer.status in ACCEPTED:
                return str(json.loads(answer.content)["id"])
            self._fail(str(answer.status))

    def get(self, id: str) -> tuple[bytes, dict[str, object]]:
        """What there is under an id, as bytes and as what they say."""
        while True:
            answer = self._ask(lambda client: client.get(f"/v1/fits/{id}"))
            if answer.status in (200, 404):
                return answer.content, json.loads(answer.content)
            self._fail(str(answer.status))

    def _ask(self, how: Callable[[Client], Answer]) -> Answer:
        while True:
            try:
                return how(self._clients[0])
            except OSError as error:
                self._fail(type(error).__name__)

    def _fail(self, why: str) -> None:
        self.failures[why] += 1
        self._clients.reverse()
        time.sleep(PAUSE)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def undisturbed(folder: Path, bodies: list[bytes]) -> list[bytes]:
    """The documents that a service makes which nobody kills."""
    with started(folder) as service:
        client = Client("127.0.0.1", service.port)
        return [client.post(body).content for body in bodies]


def main() -> int:
    """Print what has become of the jobs; 1 if any is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--every", type=float, default=1.0, help="seconds from one killed process to the next")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of whom to kill")
    options = parser.parse_args()
    bodies = [numbered(radon_body(), number) for number in range(options.jobs)]
    with tempfile.TemporaryDirectory() as calm, tempfile.TemporaryDirectory() as wild:
        right = undisturbed(Path(calm), bodies)
        with pair(Path(wild)) as both:
            client = Persistent(both.ports)
            begun = time.monotonic()
            with killing(both, options.every, random.Random(options.seed)) as killed:  # noqa: S311 - no secret
                ids = [client.post(body) for body in bodies]
                accepted = time.monotonic() - begun
                found = [settled(client, id) for id in ids]
            elapsed = time.monotonic() - begun
        database = sqlite3.connect(Path(wild) / "data" / "partialpool.sqlite3")
        attempts = dict(database.execute("SELECT attempts, count(*) FROM jobs GROUP BY attempts ORDER BY attempts"))
        (kept,) = database.execute("SELECT count(*) FROM fits").fetchone()
        database.close()
        left = len(list((Path(wild) / "data" / "accepted").iterdir()))
    good = sum(document == wanted for document, wanted in zip(found, right, strict=True))
    print(f"killed in {elapsed:.0f} s: {dict(killed)}; requests sent again: {dict(client.failures)}")
    print(f"{len(ids)} jobs accepted within {accepted:.0f} s, {len(set(ids))} ids; jobs by attempts: {attempts}")
    print(f"{good} right documents of {len(bodies)}, {kept} in the store, {left} bodies of jobs left behind")
    return int(not good == kept == len(set(ids)) == len(bodies) or left > 0)


def settled(client: Persistent, id: str) -> bytes:
    """What there is under a job's id when it is over."""
    while True:
        content, said = client.get(id)
        if said["status"] not in ("queued", "running"):
            return content
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main())
