"""Files put where they are kept: whole or not at all, whatever happens to the process or the disk in between."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def put(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, or a copy where the file system has no links.

    Raises FileExistsError and FileNotFoundError, and OSError where there is no room; there is no `target` then.
    """
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        _copy(source, target)


def put_durably(source: bytes | str, target: Path) -> None:
    """Make `target` a file with these bytes, or with those of the file at this path, which is there after a power cut.

    Nothing happens where there is a `target`. Raises FileNotFoundError, and OSError where there is no room.
    """
    try:
        if isinstance(source, bytes):
            _write(target, lambda half: half.write_bytes(source))
        else:
            put(Path(source), target)
    except FileExistsError:
        return
    for path in (target, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    _write(target, lambda half: shutil.copyfile(source, half))


def _write(target: Path, write: Callable[[Path], object]) -> None:
    """Write under another name first, as nobody shall take the half of a file for the whole."""
    if target.exists():
        raise FileExistsError(target)
    half = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        write(half)
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)
