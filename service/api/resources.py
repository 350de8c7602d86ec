"""The resources of the endpoints: what they work with, made when the service starts and handed to every request."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from service.api.archive import Archive
from service.api.backlog import Backlog
from service.api.callers import Callers
from service.api.counts import Counts
from service.api.pace import Pace
from service.api.spool import Spool
from service.contract import Limits
from service.jobs.batches import Batches
from service.jobs.runner import Runner
from service.jobs.supervisor import Census

if TYPE_CHECKING:
    from service.api.shared_work import SharedWork


class Workers(Protocol):
    """The processes that do the work. A cancelled future stops its task."""

    def submit(self, task: str, *arguments: object, tell: Callable[[str], None] | None = None) -> Future[object]:
        """The future result of the function that the dotted name `task` stands for. Raises QueueFull."""

    async def ready(self) -> bool:
        """Whether a worker answers."""

    def census(self) -> Census:
        """Who works, and how much waits."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the endpoints work with: the workers, what is kept, what is still to be done, who may call.

    `batches` does what the archive is asked for by many at once. `spool` takes bodies, `limits` say what a request may
    ask for. `patience` is how many seconds a request waits for its fit before it becomes a job; `shared` are the fits
    being made for requests that wait, by the digest of what they ask.
    """

    workers: Workers
    archive: Archive
    batches: Batches
    backlog: Backlog
    runner: Runner
    callers: Callers
    spool: Spool
    limits: Limits
    pace: Pace
    patience: float
    counts: Counts
    shared: "dict[str, SharedWork]" = field(default_factory=dict)


def resources_of(request: Request) -> Resources:
    """The resources of the process that received the request."""
    resources: Resources = request.state.resources
    return resources


def owner_of(request: Request) -> str:
    """The key of who sent the request; "" where no keys are used."""
    owner: str = getattr(request.state, "owner", "")
    return owner
