"""Files put where they are kept: whole or not at all, whatever happens to the process or the disk in between."""

import os
import shutil
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


def put_durably(source: Path, target: Path) -> None:
    """The same, and it is there after a power cut; nothing happens where there is a `target`."""
    with source.open("rb") as content:
        os.fsync(content.fileno())
    try:
        put(source, target)
    except FileExistsError:
        return
    for path in (target, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    """Copy under another name first, as nobody shall take the half of a file for the whole."""
    if target.exists():
        raise FileExistsError(target)
    half = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        shutil.copyfile(source, half)
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)
