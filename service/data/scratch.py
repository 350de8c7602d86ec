"""Whole numbers kept on disk while a request is worked on: appended once, then read again in any pieces."""

import os
import tempfile
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.errors import BodyTooLarge, Fault

Places = NDArray[np.int32]
"""Which label each row has, in half the room of `Codes`, (n,); -1 where it is missing."""


class Scratch:
    """A file without a name, gone with this object, in a folder or, without one, where temporary files are."""

    __slots__ = ("__weakref__", "_file")

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 - it lives as long as this object
        weakref.finalize(self, self._file.close)

    def append(self, places: Places) -> None:
        """Write these after what is there; raises `BodyTooLarge` if the disk has no room for them."""
        rest = np.ascontiguousarray(places).data.cast("B")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            message = "The labels of the data need more room on disk than there is."
            raise BodyTooLarge(message, Fault(message)) from None

    def read(self, start: int, count: int) -> Places:
        """The `count` numbers from number `start` on."""
        size = np.dtype(np.int32).itemsize
        out = np.empty(count, dtype=np.int32)
        rest, place = out.data.cast("B"), start * size
        while rest:
            n_read = os.preadv(self._file.fileno(), [rest], place)
            if n_read == 0:
                raise EOFError("fewer numbers than were asked for")
            rest, place = rest[n_read:], place + n_read
        return out
