"""Bodies of requests, kept so that what follows a fit can be computed from the rows it was fitted to.

In goes a body that was worked on, or its file's path; out comes a reference, and for it, later, the same bytes. What
came as bytes is written behind others into files that hold many, as to make and to remove a file takes the file system
longer. What is kept has a bound; the files that were used least recently make room for new ones. Several processes may
share the folder.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from service.jobs.files import put

LARGEST_SHARED = 2**24
"""Bytes from which on no more is written into a file of many bodies."""

SHARE = 0.05
"""Share of the bound that such a file has at most: so much is lost at once where room is made."""

ROOM = 0.1
"""Share of the bound that is made free at a time, so that not every new body has to look for the oldest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body is: in the file of this name, all of it or `length` bytes from `start` on."""

    file: str
    start: int = 0
    length: int | None = None

    def __str__(self) -> str:
        return self.file if self.length is None else f"{self.file}:{self.start}:{self.length}"

    @classmethod
    def of(cls, reference: str) -> "Place":
        """The place that a reference stands for."""
        file, *numbers = reference.split(":")
        return cls(file, *map(int, numbers))


class Bodies:
    """The bodies in a folder, which is made where there is none, with at most so many bytes in all.

    Raises OSError if the folder cannot be used. All methods block, and may be called from any thread.
    """

    def __init__(self, folder: Path, bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._bound, self._lock = folder, bytes, threading.Lock()
        self._file_bytes = min(LARGEST_SHARED, int(SHARE * bytes))
        self._file = uuid4().hex
        self._total = sum(size for _, size, _ in self._files())

    def keep(self, name: str, body: bytes | str) -> str | None:
        """Keep this body, or that of the file at this path, whose reference is then the name; the reference to it.

        None where it is gone already, or larger than all may be. Raises OSError where there is no room for it.
        """
        try:
            size = len(body) if isinstance(body, bytes) else os.stat(body).st_size
            if size > self._bound:
                return None
            with self._lock:
                place = self._append(body) if isinstance(body, bytes) else self._put(name, Path(body))
                self._total += size
                if self._total > self._bound:
                    self._make_room()
        except FileNotFoundError:
            return None
        return str(place)

    def has(self, reference: str) -> bool:
        """Whether the body of this reference is kept."""
        return (self._folder / Place.of(reference).file).exists()

    @contextmanager
    def lend(self, reference: str, folder: Path) -> Iterator[bytes | str | None]:
        """The body of this reference, or the path of a file in `folder` with it, until the block ends.

        None if it is no longer kept.
        """
        place = Place.of(reference)
        source = self._folder / place.file
        with ExitStack() as stack:
            try:
                lent = _part(source, place) if place.length is not None else stack.enter_context(_copy(source, folder))
                os.utime(source)  # It was used just now.
            except FileNotFoundError:
                lent = None
            yield lent

    def _put(self, name: str, body: Path) -> Place:
        """Give a body a file of its own."""
        with suppress(FileExistsError):
            put(body, self._folder / name)
        return Place(name)

    def _append(self, content: bytes) -> Place:
        """Write a body behind those in the file at hand."""
        with self._opened() as file:
            start = file.tell()
            file.write(content)
        return Place(self._file, start, len(content))

    def _opened(self) -> BinaryIO:
        """The file at hand, at its end, or a new one if that has enough or has made room.

        No name is used twice: what is gone must not be taken for what came after it.
        """
        with suppress(FileNotFoundError):
            file = (self._folder / self._file).open("r+b")
            if file.seek(0, os.SEEK_END) < self._file_bytes:
                return file
            file.close()
        self._file = uuid4().hex
        return (self._folder / self._file).open("xb")

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its size, and its path."""
        found = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process has made room
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _make_room(self) -> None:
        """Remove the files that were used least recently, and count anew, as others may add and remove as well."""
        files = sorted(self._files())
        self._total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._total <= (1 - ROOM) * self._bound:
                break
            path.unlink(missing_ok=True)
            self._total -= size


def _part(source: Path, place: Place) -> bytes:
    """The bytes at a place in a file of many."""
    with source.open("rb") as file:
        file.seek(place.start)
        return file.read(place.length)


@contextmanager
def _copy(source: Path, folder: Path) -> Iterator[str]:
    """The path of the same file in `folder`, which is gone when the block ends. Raises FileNotFoundError."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        copy = Path(own) / "body"
        put(source, copy)
        yield str(copy)
