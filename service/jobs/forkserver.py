"""The processes of the pool, seen from the serving process: a fork server and the workers it forks.

In go packed requests, out come answers. Everything here runs on the pool's event loop and never blocks it.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from service.jobs.worker import HEADER, STAGE, Answer, unpack

LIBRARIES = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""For linear algebra, whose threads, competing for the cores, can make workers 40 times slower; and for Arrow, whose
own allocators reserve a gigabyte of the memory limit and start a thread: a process with threads must not fork."""


class Worker(asyncio.Protocol):
    """One worker process, at the other end of its pipe.

    `pid` is 0 until it has arrived; `tasks` counts what it was given to do; `dismissed` says that its end is our
    doing; `ended` is set when it has ended.
    """

    def __init__(self) -> None:
        self.pid = 0
        self.tasks = 0
        self.dismissed = False
        self.ended = asyncio.Event()
        self._inbox = bytearray()
        self._news = asyncio.Event()

    async def arrive(self) -> None:
        """Return once the process can take a request; raises ConnectionError if it ends before."""
        _, pid = await self._receive()
        self.pid = cast(int, pid)

    async def ask(self, request: bytes, tell: Callable[[str], None] | None = None) -> Answer:
        """The answer to a packed request; raises ConnectionError if the process ends before it is given.

        `tell` is called with each stage that the task is seen to come to.
        """
        self._transport.write(request)
        while True:
            kind, value = await self._receive()
            if kind != STAGE:
                return kind, value
            if tell is not None:
                tell(cast(str, value))

    def dismiss(self) -> None:
        """End the process now, whatever it is doing; one that has ended by itself stays undismissed."""
        if self.ended.is_set():
            return
        self.dismissed = True
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the pipe (asyncio calls this)."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer (asyncio calls this)."""
        self._inbox += data
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the process has ended (asyncio calls this)."""
        self.ended.set()
        self._news.set()

    async def _receive(self) -> Answer:
        """The message that comes next."""
        while (end := message_end(self._inbox)) is None:
            if self.ended.is_set():
                raise ConnectionResetError
            self._news.clear()
            await self._news.wait()
        inbox, self._inbox = self._inbox, self._inbox[end:]
        return cast(Answer, unpack(memoryview(inbox)[HEADER.size : end]))


def message_end(inbox: bytearray) -> int | None:
    """Where the first message ends; None if not all of it has arrived."""
    if len(inbox) < HEADER.size:
        return None
    end = HEADER.size + int(HEADER.unpack_from(inbox)[0])
    return end if len(inbox) >= end else None


class ForkServer:
    """The process that has imported `preload` and forks workers bounded by `memory_limit` bytes."""

    def __init__(self, preload: Sequence[str], memory_limit: int | None) -> None:
        self._command = [sys.executable, "-P", "-m", "service.jobs.worker", str(memory_limit or 0), *preload]
        self._process: subprocess.Popen[bytes] | None = None

    async def fork(self) -> Worker:
        """A new worker, which has yet to arrive; raises OSError where none can be had."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"1"], [theirs.fileno()])
            _, worker = await asyncio.get_running_loop().create_unix_connection(Worker, sock=ours)
        except OSError:
            ours.close()
            raise
        return worker

    def close(self) -> None:
        """End the process; the workers end with it."""
        if self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self.close()
        self._control, theirs = socket.socketpair()
        environment = os.environ | LIBRARIES | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with theirs:
            # A session of its own: what a terminal sends (Ctrl-C, hang-up) is for the serving process alone.
            self._process = subprocess.Popen(  # noqa: S603 - the command is made of the program's own words
                self._command, stdin=theirs.fileno(), env=environment, start_new_session=True
            )
