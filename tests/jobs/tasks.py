"""What the workers do in the tests of the pool: behave, misbehave and die."""

import os
import signal
import sys
import time
from pathlib import Path

from service import stages
from service.jobs.worker import GLANCE


def double(number: int) -> int:
    return 2 * number


def double_slowly(number: int) -> int:
    time.sleep(0.003)
    return 2 * number


def process_id() -> int:
    return os.getpid()


def sleep(seconds: float, mark: str | None = None) -> int:
    """Sleep, having written the worker's id into the file `mark`."""
    if mark:
        Path(mark).write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


def spin(mark: str) -> None:
    """Never end, whatever SIGTERM says, having written the worker's id into the file `mark`."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(mark).write_text(str(os.getpid()))
    while True:
        pass


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_the_first_time(mark: str, value: int) -> int:
    """The value, if the file `mark` shows that another worker has died of this before."""
    if Path(mark).exists():
        return value
    Path(mark).touch()
    die()
    return -1


def allocate(size: int) -> int:
    return len(bytes(size))


def reflect(message: bytes) -> bytes:
    return message


def fail() -> None:
    raise KeyError("a private detail")


def leave() -> None:
    sys.exit(3)


def unpicklable() -> object:
    return lambda: None


def surroundings() -> tuple[str | None, list[str]]:
    """How many threads linear algebra may use, and which heavy modules of the serving process are here too."""
    foreign = sys.modules.keys() & {"__mp_main__", "pytest", "sqlalchemy", "asyncio"}
    return os.environ.get("OPENBLAS_NUM_THREADS"), sorted(foreign)


def dwell(*names: str) -> int:
    """Come to these stages, and stay at each for longer than two looks at them take; how many they were."""
    for name in names:
        stages.enter(name)
        time.sleep(2 * GLANCE)
    return len(names)
