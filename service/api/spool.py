"""The spool: a request's body goes in as it arrives, the path of a file goes out, and nothing of it is read here.

Each serving process has a folder of its own under the spool's root and holds a lock on it as long as it lives. So
several processes may share the root; what a killed one left is known by its free lock and removed at the next start.
Files are emptied and used again: to make one takes the file system longer than all else about a small body.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from service.errors import BodyTooLarge, BodyTooSlow

PIECE = 2**20

MOST_SPARE = 32
"""Empty files that are kept for bodies to come."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: the file it lies in, and the SHA-256 of its bytes."""

    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """A file for a body, open to be written to."""

    path: Path
    descriptor: int

    def write(self, content: bytes | bytearray) -> None:
        """Append to it. Raises OSError where there is no room."""
        left = memoryview(content)
        while left:
            left = left[os.write(self.descriptor, left) :]

    def is_shared(self) -> bool:
        """Whether it has been given another name, under which it stays as it is, or has been removed."""
        return os.fstat(self.descriptor).st_nlink != 1

    def empty(self) -> None:
        """Forget its content."""
        os.ftruncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)

    def remove(self) -> None:
        """Close it and take its name away; a service that has stopped has removed the folder."""
        os.close(self.descriptor)
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Spool:
    """Where bodies lie while they are worked on, how many bytes one may have and how many seconds it may take."""

    folder: Path
    bytes: int
    seconds: float
    spare: list[SpoolFile] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What no other process has: the name of its folder."""
        return self.folder.name

    def is_left(self, name: str) -> bool:
        """Whether the process whose spool has this name has ended."""
        try:
            with _locked(self.folder.parent / name, wait=False):
                return True
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False

    @asynccontextmanager
    async def receive(self, request: Request, limit: int | None = None) -> AsyncIterator[Body]:
        """The request's body, complete; nothing of it is left here when the block ends, however it ends.

        Raises BodyTooLarge (before reading, if the request says its length) and BodyTooSlow.
        """
        limit = self.bytes if limit is None else min(limit, self.bytes)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and float(announced) > limit:  # a float takes any number of digits
            raise _too_large(limit)
        file = self.spare.pop() if self.spare else self._new_file()
        try:
            yield Body(file.path, await self._fill(file, request, limit))
        finally:
            self._put_away(file)

    def close(self) -> None:
        """Remove the files that are kept for bodies to come."""
        while self.spare:
            self.spare.pop().remove()

    def _new_file(self) -> SpoolFile:
        descriptor, path = tempfile.mkstemp(dir=self.folder)
        return SpoolFile(Path(path), descriptor)

    def _put_away(self, file: SpoolFile) -> None:
        """Keep the file for another body, unless it is of no use or there are enough."""
        if len(self.spare) < MOST_SPARE and not file.is_shared():
            with suppress(OSError):
                file.empty()
                return self.spare.append(file)
        file.remove()

    async def _fill(self, file: SpoolFile, request: Request, limit: int) -> str:
        try:
            async with asyncio.timeout(self.seconds):
                return await _copy(request.stream(), file, limit)
        except TimeoutError:
            raise BodyTooSlow(f"The body did not arrive within {self.seconds:g} seconds.") from None


async def _copy(chunks: AsyncIterable[bytes], file: SpoolFile, limit: int) -> str:
    """Write the chunks to the file; the SHA-256 of them all."""
    received, digest = 0, hashlib.sha256()
    pending = bytearray()

    def write(piece: bytearray) -> None:
        file.write(piece)
        digest.update(piece)

    async for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        pending += chunk
        if len(pending) >= PIECE:
            # A disk may stall; the event loop may not.
            await asyncio.to_thread(write, pending)
            pending = bytearray()
    write(pending)
    return digest.hexdigest()


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than the {limit} bytes this service accepts.")


@contextmanager
def open_spool(root: Path, limit: int, seconds: float) -> Iterator[Spool]:
    """A spool of this process under `root`; leftovers of processes that are gone are removed first."""
    root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(root, wait=True):  # one process at a time, or one could take another's new folder for a leftover
            for folder in root.iterdir():
                # Another process lives in it, or has removed it in the meantime.
                with suppress(BlockingIOError, FileNotFoundError), _locked(folder, wait=False):
                    shutil.rmtree(folder)
            own = Path(tempfile.mkdtemp(dir=root))
            held.enter_context(_locked(own, wait=False))
        held.callback(shutil.rmtree, own)
        spool = Spool(own, limit, seconds)
        held.callback(spool.close)
        yield spool


@contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    """The folder, locked until the block ends or the process does. Raises BlockingIOError if it may not wait."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
