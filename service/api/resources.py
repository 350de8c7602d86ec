"""The resources of the endpoints: what they work with, made when the service starts and handed to every request."""

import math
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from service.api.spool import Spool
from service.contract import Limits


class Workers(Protocol):
    """The processes that do the work. A cancelled future stops its task."""

    def submit(self, task: str, *arguments: object) -> Future[object]:
        """The future result of the function that the dotted name `task` stands for. Raises QueueFull."""

    def ready(self) -> bool:
        """Whether a worker answers."""


class Documents(Protocol):
    """The documents that are kept, each under its id."""

    def put_all(self, documents: Mapping[str, bytes]) -> set[str]:
        """The ids of the documents that are new, kept all at once; the first one of an id stays."""

    def get(self, id: str) -> bytes | None:
        """The document of an id."""


@dataclass(slots=True)
class Pace:
    """How long fits have taken of late, not counting their wait, and so how long a full queue takes to empty."""

    queue: int
    workers: int
    mean_seconds: float = 1.0

    def record(self, seconds: float) -> None:
        """Count one more fit: the newest weighs a tenth."""
        self.mean_seconds += 0.1 * (seconds - self.mean_seconds)

    def wait(self) -> int:
        """Whole seconds, one at least, in which as many fits as the queue holds are done."""
        return max(1, math.ceil(self.queue * self.mean_seconds / self.workers))


@dataclass(frozen=True, slots=True)
class Resources:
    """The workers, the documents kept, the spool for bodies, and what a request may ask for."""

    workers: Workers
    documents: Documents
    spool: Spool
    limits: Limits
    pace: Pace


def resources_of(request: Request) -> Resources:
    """The resources of the process that received the request."""
    resources: Resources = request.state.resources
    return resources
