"""The pace: how long fits have taken of late, and so how many requests may wait for theirs, and when to come again.

A queue that empties soon is a burst, and is served. One that does not makes everybody wait and nothing faster: then
nobody may wait; who finds no CPU is told at once, and who is served is served in time. (Nichols & Jacobson,
"Controlling queue delay", 2012; Maurer, "Fail at scale", ACM Queue 2015.)
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from service.errors import QueueFull

CROWD = 4
"""Requests waiting for each worker that are not yet a crowd."""

FITS = 2
"""For how many fits' time a crowd may stand."""

SHORTEST = 0.01
"""The same in seconds, at least."""

TERM = 50
"""For how many times as long nobody may wait, before it is looked at anew."""

Client = tuple[str, int] | None
"""The address and the port of a connection."""


@dataclass(slots=True)
class Pace:
    """How fast `workers` on so many CPUs work.

    `queue` is how many may wait for them in a burst, `taken` how many have a place.
    """

    queue: int
    workers: int
    cpus: int
    mean_seconds: float = 1.0
    taken: int = 0
    _crowded_since: float | None = None
    _turning_away_since: float | None = None
    _turned_away: set[Client] = field(default_factory=set)

    def record(self, seconds: float) -> None:
        """Count one more fit, without its wait: the newest weighs a tenth."""
        self.mean_seconds += 0.1 * (seconds - self.mean_seconds)

    def wait(self) -> int:
        """Whole seconds, one at least, in which as many fits as the queue holds are done."""
        return max(1, math.ceil(self.queue * self.mean_seconds / self.workers))

    @contextmanager
    def place(self, client: Client) -> Iterator[None]:
        """A place among those who are served, until the block ends. Raises QueueFull."""
        self.admit(client)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    def admit(self, client: Client) -> None:
        """Make sure that there is a place for a request. Raises QueueFull."""
        now = time.monotonic()
        self._look(now)
        # More at once than there are CPUs would be served more slowly, and hardly more of them.
        crowd = self._turning_away_since is not None
        if self.taken >= (min(self.workers, self.cpus) if crowd else self.workers + self.queue):
            self._turning_away_since = self._turning_away_since or now
            if len(self._turned_away) <= self._served:
                self._turned_away.add(client)
            raise QueueFull("Too much work is waiting already; try again later.")

    @property
    def _served(self) -> int:
        """How many at once are served without a crowd."""
        return (1 + CROWD) * self.workers

    def _look(self, now: float) -> None:
        """See whether there is a crowd that stands, and whether it is one still."""
        patience = max(SHORTEST, FITS * self.mean_seconds)
        if self.taken <= self._served:
            self._crowded_since = None
        elif self._crowded_since is None:
            self._crowded_since = now
        if self._turning_away_since is None:
            if self._crowded_since is not None and now - self._crowded_since > patience:
                self._turning_away_since = now
        elif now - self._turning_away_since > TERM * patience:
            # Few clients who ask again and again are no crowd, and to serve them costs less than to refuse them.
            self._turning_away_since = now if len(self._turned_away) > self._served else None
            self._turned_away.clear()
