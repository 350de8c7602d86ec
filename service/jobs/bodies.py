"""Bodies of requests, kept as files so that what follows a fit can be computed from the rows it was fitted to.

In goes the path of a body that was worked on, out comes, later, the path of a file with the same bytes. What is kept
has a bound; the bodies that were used least recently make room for new ones. Several processes may share the folder.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from service.jobs.files import put

BLOCK = 4096
"""Bytes that a file occupies at least."""

ROOM = 0.1
"""Share of the bound that is made free at a time, so that not every new body has to look for the oldest."""


class Bodies:
    """The bodies in a folder, which is made where there is none, with at most so many bytes in all.

    Raises OSError if the folder cannot be used. All methods block, and may be called from any thread.
    """

    def __init__(self, folder: Path, bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._bound, self._lock = folder, bytes, threading.Lock()
        self._total = sum(size for _, size, _ in self._files())

    def keep(self, name: str, body: Path) -> bool:
        """Keep this body under a name, unless there is one; whether it is kept.

        It is not where it is gone already, or larger than all may be. Raises OSError where there is no room for it.
        """
        try:
            size = max(body.stat().st_size, BLOCK)
        except FileNotFoundError:
            return False
        if size > self._bound:
            return False
        with suppress(FileExistsError):
            put(body, self._folder / name)
            with self._lock:
                self._total += size
                if self._total > self._bound:
                    self._make_room()
        return True

    def has(self, name: str) -> bool:
        """Whether a body is kept under this name."""
        return (self._folder / name).exists()

    @contextmanager
    def lend(self, name: str, folder: Path) -> Iterator[Path | None]:
        """A file in `folder` with the body of this name until the block ends; None if it is no longer kept."""
        with tempfile.TemporaryDirectory(dir=folder) as own:
            copy = Path(own) / "body"
            try:
                put(self._folder / name, copy)
                os.utime(copy)  # The two are one file: it was used just now.
            except FileNotFoundError:
                yield None
            else:
                yield copy

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its size, and its path."""
        found = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process has made room
                status = path.stat()
                found.append((status.st_mtime, max(status.st_size, BLOCK), path))
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
