"""The garbage collector, kept away from lists that hold nothing but numbers."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No search for cycles within.

    A hundred thousand new lists would be walked over again and again, at four times the cost of making them.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
