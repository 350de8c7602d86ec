"""The pace: how long fits have taken of late, and so how many requests may wait for theirs, and when to come again.

A queue that empties soon is a burst, and is served. One that does not makes everybody wait and nothing faster: then few
may wait, the others are told at once, and who is served is served in time. (Nichols & Jacobson, "Controlling queue
delay", 2012; Maurer, "Fail at scale", ACM Queue 2015.)
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import QueueFull

CROWD = 2
"""Requests waiting for each worker that are not yet a crowd."""

SHORTEST = 0.25
"""Seconds that a crowd may stand, at least; all that wait for fits of some milliseconds are served by then."""

FITS = 10
"""The same in fits, where they take long."""

MEMORY = 4
"""For how many times as long a refusal is remembered."""

SPARE = 4
"""Of a crowd one may wait, and one more for each so many workers, so that these find work when they are done."""


@dataclass(slots=True)
class Pace:
    """How fast `workers` work; `queue` is how many may wait for them in a burst, `taken` how many have a place."""

    queue: int
    workers: int
    mean_seconds: float = 1.0
    taken: int = 0
    _crowded_since: float | None = None
    _refused_at: float = -math.inf

    def record(self, seconds: float) -> None:
        """Count one more fit, without its wait: the newest weighs a tenth."""
        self.mean_seconds += 0.1 * (seconds - self.mean_seconds)

    def wait(self) -> int:
        """Whole seconds, one at least, in which as many fits as the queue holds are done."""
        return max(1, math.ceil(self.queue * self.mean_seconds / self.workers))

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who are served, until the block ends. Raises QueueFull."""
        self.admit()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    def admit(self) -> None:
        """Make sure that there is a place. Raises QueueFull."""
        now, waiting = time.monotonic(), self.taken - self.workers
        if waiting <= CROWD * self.workers:
            self._crowded_since = None
        elif self._crowded_since is None:
            self._crowded_since = now
        if waiting >= self._most(now):
            self._refused_at = now
            raise QueueFull("Too much work is waiting already; try again later.")

    def _most(self, now: float) -> int:
        """How many may wait: of a crowd that stands, or has lately, those who are served next."""
        patience = max(SHORTEST, FITS * self.mean_seconds)
        stands = self._crowded_since is not None and now - self._crowded_since > patience
        if stands or now - self._refused_at < MEMORY * patience:
            return min(self.queue, 1 + self.workers // SPARE)
        return self.queue
