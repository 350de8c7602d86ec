"""The resources of the endpoints: what they work with, made when the service starts and handed to every request."""

import math
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
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

    def put_request(self, ids: Iterable[str], body: str, words: bytes) -> None:
        """Keep what was asked with these documents: the name of its body, and its other words."""

    def request(self, id: str) -> tuple[str, bytes] | None:
        """The name of the body and the words of the request that a document answered, if they were kept."""


class Bodies(Protocol):
    """The bodies of requests that are kept, each under a name."""

    def keep(self, name: str, body: Path) -> bool:
        """Keep the body in a file under a name; whether it is kept."""

    def has(self, name: str) -> bool:
        """Whether a body is kept under this name."""

    def lend(self, name: str, folder: Path) -> AbstractContextManager[Path | None]:
        """A file in `folder` with the body of this name until the block ends; None if it is no longer kept."""


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
    """The workers, the documents and bodies kept, the spool for bodies, and what a request may ask for."""

    workers: Workers
    documents: Documents
    bodies: Bodies
    spool: Spool
    limits: Limits
    pace: Pace


def resources_of(request: Request) -> Resources:
    """The resources of the process that received the request."""
    resources: Resources = request.state.resources
    return resources
