"""The spool: a request's body goes in as it arrives, and comes out as bytes or, where it is large, as a file's path.

Nothing of it is read here. To make and to remove a file takes the file system longer than all else about a small body.

Each serving process has a folder of its own under the spool's root and holds the lock of it as long as it lives. So
several processes may share the root; what a killed one left is known by its free lock and removed at the next start.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.requests import Request

from service.errors import BodyTooLarge, BodyTooSlow

PIECE = 2**18
"""Bytes that are written at a time; a body that has no more is never written."""

LOCK = ".lock"
"""How the file beside a folder ends that is its lock: NFS locks what is open for writing alone, and no folder is."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body, or the path of the file it lies in; and the SHA-256 of its bytes."""

    content: bytes | str
    digest: str


@dataclass(frozen=True, slots=True)
class Spool:
    """Where bodies lie while they are worked on, how many bytes one may have and how many seconds it may take."""

    folder: Path
    bytes: int
    seconds: float

    @property
    def name(self) -> str:
        """What no other process has: the name of its folder."""
        return self.folder.name

    def is_left(self, name: str) -> bool:
        """Whether the process whose spool has this name has ended."""
        try:
            with _locked(_lock_of(self.folder.parent / name), wait=False):
                return True
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False

    @asynccontextmanager
    async def receive(self, request: Request, limit: int | None = None) -> AsyncIterator[Body]:
        """The request's body, complete; its file, if any, is gone when the block ends, however it ends.

        Raises BodyTooLarge (before reading, if the request says its length) and BodyTooSlow.
        """
        limit = self.bytes if limit is None else min(limit, self.bytes)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and float(announced) > limit:  # a float takes any number of digits
            raise _too_large(limit)
        with ExitStack() as stack:
            try:
                async with asyncio.timeout(self.seconds):
                    body = await _gathered(request.stream(), limit, lambda: stack.enter_context(_new_file(self.folder)))
            except TimeoutError:
                raise BodyTooSlow(f"The body did not arrive within {self.seconds:g} seconds.") from None
            yield body


async def _gathered(chunks: AsyncIterable[bytes], limit: int, new_file: Callable[[], BinaryIO]) -> Body:
    """The body that arrives in these chunks, in a new file if it is large. Raises BodyTooLarge."""
    received, digest, pending = 0, hashlib.sha256(), bytearray()
    file: BinaryIO | None = None

    def write(file: BinaryIO, piece: bytearray) -> None:
        file.write(piece)
        digest.update(piece)

    async for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        pending += chunk
        if len(pending) > PIECE:
            file = file or new_file()
            # A disk may stall; the event loop may not.
            await asyncio.to_thread(write, file, pending)
            pending = bytearray()
    if file is None:
        digest.update(pending)
        return Body(bytes(pending), digest.hexdigest())
    write(file, pending)
    file.flush()
    return Body(file.name, digest.hexdigest())


@contextmanager
def _new_file(folder: Path) -> Iterator[BinaryIO]:
    """A file that is gone when the block ends."""
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with open(name, "wb", opener=lambda *_: descriptor) as file:
            yield file
    finally:
        Path(name).unlink(missing_ok=True)  # a service that has stopped has removed the folder


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than the {limit} bytes this service accepts.")


@contextmanager
def open_spool(root: Path, limit: int, seconds: float) -> Iterator[Spool]:
    """A spool of this process under `root`; leftovers of processes that are gone are removed first."""
    root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(_made(root / LOCK), wait=True):  # or one could take another's new folder for a leftover
            for folder in (each for each in root.iterdir() if not each.name.endswith(LOCK)):
                # Another process lives in it.
                with suppress(BlockingIOError), _locked(_made(_lock_of(folder)), wait=False):
                    _remove(folder)
            own = Path(tempfile.mkdtemp(dir=root))
            held.enter_context(_locked(_made(_lock_of(own)), wait=False))
        held.callback(_remove, own)
        yield Spool(own, limit, seconds)


def _remove(folder: Path) -> None:
    """Remove a folder, unless another process has in the meantime, and its lock."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    _lock_of(folder).unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    """The file that is the lock of a folder."""
    return folder.with_name(folder.name + LOCK)


def _made(file: Path) -> Path:
    """A file, made where there is none."""
    file.touch()
    return file


@contextmanager
def _locked(lock: Path, *, wait: bool) -> Iterator[None]:
    """The lock, held until the block ends or the process does.

    Raises BlockingIOError if another has it and this may not wait, FileNotFoundError if there is none.
    """
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
