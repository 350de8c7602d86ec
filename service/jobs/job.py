"""A job: accepted work, and the states it may pass through.

    queued -> running -> succeeded | failed
      ^          |
      +----------+   its process has died or stops: it is begun again, by whoever comes first
    queued | running -> cancelled

Nothing here knows a database, a clock or a process; `ledger.py` keeps jobs, `runner.py` runs them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]

FOLLOWING: dict[State, frozenset[State]] = {
    "queued": frozenset({"running", "cancelled"}),
    "running": frozenset({"queued", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
"""The states that may follow each state."""

MOST_ATTEMPTS = 5
"""How often a job is begun: one that takes its process along each time is not begun for ever."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept.

    `words` are what was sent beside the body. `process` runs it, in its attempt number `attempts`. `fit` is the id of
    the document it led to, `problem` says why it led to none.
    """

    id: str
    owner: str
    words: bytes
    state: State
    stage: str | None
    attempts: int
    process: str | None
    fit: str | None
    problem: bytes | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return not FOLLOWING[self.state]


def states_before(state: State) -> list[State]:
    """The states that this one may follow."""
    return [before for before, following in FOLLOWING.items() if state in following]
