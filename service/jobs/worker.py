"""The child's side of the pool: a fork server, and the workers it forks.

    python -m service.jobs.worker MEMORY_LIMIT MODULE...

In comes, as standard input, a socket from the serving process. The fork server imports the modules once, then forks a
worker for every pipe it receives on that socket: some milliseconds each, and the imported memory is shared. A worker
answers one request after another until its pipe ends. Nobody outlives the serving process: its death closes the
socket, which ends the fork server, which ends every worker, whatever it is doing.

Messages are plain values. A task that raises sends no exception, only its name and a text for the log.
"""

import ctypes
import gc
import importlib
import logging
import os
import pickle
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import NoReturn, cast

from service import stages
from service.tracebacks import traceback_of

Request = tuple[str, tuple[object, ...]]
"""A task's dotted name, "package.module:function", and its arguments."""

Answer = tuple[str | None, object]
"""`(None, value)` of the task, or the name of the exception it raised and the traceback."""

STAGE = "stage"
"""In place of an exception's name: no answer yet, but the stage that the task has come to."""

GLANCE = 0.2
"""Seconds between two looks at the stage of a task; most tasks end before the first."""

HEADER = struct.Struct("!Q")
"""What precedes every message on a pipe: the number of bytes that follow."""

NICENESS = 5
"""How far workers step aside for the process that serves, which has little to do, but at once (nice(2))."""

PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal a process shall get when its parent ends."""


def pack(message: Request | Answer) -> bytes:
    """The pickled message with its header."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(content)) + content


def unpack(content: bytes | memoryview) -> object:
    """The message of a pickle that arrived on a pipe."""
    return pickle.loads(content)  # noqa: S301 - written by our own process at the other end, never by a user


def main(memory_limit: int, modules: Sequence[str]) -> None:
    """Be the fork server until the serving process is gone."""
    control = socket.socket(fileno=os.dup(0))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    logging.getLogger().addHandler(logging.NullHandler())  # What libraries would write of a body is no line of the log.
    for module in modules:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The kernel then reaps the workers.
    gc.freeze()  # A collection in a worker would otherwise touch, and so copy, every shared page.
    with control:
        serve(control, memory_limit)


def serve(control: socket.socket, memory_limit: int) -> None:
    """Fork a worker for every pipe received, until the socket ends."""
    server = os.getpid()
    while pipes := socket.recv_fds(control, 1, 1)[1]:
        # Where there is no memory or process for a worker, the closing of its pipe tells the pool.
        with suppress(OSError):
            if os.fork() == 0:
                become_worker(socket.socket(fileno=pipes[0]), server, memory_limit)
        os.close(pipes[0])


def become_worker(pipe: socket.socket, server: int, memory_limit: int) -> NoReturn:
    """Work in a process just forked, then exit without returning to the code of the fork server."""
    try:
        die_with(server)
        os.nice(NICENESS)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if memory_limit:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))
        with suppress(ConnectionError):
            work(pipe, telling)
    except BaseException as problem:
        print(traceback_of(problem), file=sys.stderr)
    finally:
        os._exit(0)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, be it in the middle of a computation."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


Watch = Callable[[socket.socket], AbstractContextManager[None]]
"""What a worker does on its pipe while a task lasts."""


def unwatched(_: socket.socket) -> AbstractContextManager[None]:
    """Nothing, while the task lasts."""
    return nullcontext()


def work(pipe: socket.socket, watch: Watch = unwatched) -> None:
    """Say which process this is, then answer requests until there are no more."""
    pipe.sendall(pack((None, os.getpid())))
    with pipe.makefile("rb") as requests:
        while header := requests.read(HEADER.size):
            (length,) = HEADER.unpack(header)
            with watch(pipe):
                reply = answer(requests.read(length))
            pipe.sendall(reply)


@contextmanager
def telling(pipe: socket.socket) -> Iterator[None]:
    """Tell each stage of a task when it is first seen, while the block lasts; a task that is soon done tells none."""
    told: str | None = None

    def look(*_: object) -> None:
        nonlocal told
        if (stage := stages.current()) != told:
            told = stage
            pipe.sendall(pack((STAGE, stage)))

    stages.enter(None)
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, GLANCE, GLANCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def answer(request: bytes) -> bytes:
    """The packed answer to a request; whatever the task raises becomes one."""
    try:
        task, arguments = cast(Request, unpack(request))
        module, _, function = task.partition(":")
        return pack((None, getattr(importlib.import_module(module), function)(*arguments)))
    except BaseException as problem:
        return pack((type(problem).__name__, traceback_of(problem)))


def ping() -> bool:
    """True: the task that shows that a worker answers."""
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
