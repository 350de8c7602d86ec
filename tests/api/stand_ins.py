"""What stands in for workers and store in the tests of the API, and the ways to talk to it."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx
from fastapi import FastAPI
from httpx._types import RequestContent
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.application import State, assemble
from service.api.archive import Archive
from service.api.backlog import Backlog, problem_of
from service.api.callers import Callers
from service.api.counts import Counts
from service.api.pace import Pace
from service.api.resources import Resources, Workers
from service.api.spool import Spool
from service.contract import Failure, Limits, Reply
from service.jobs.batches import Batches
from service.jobs.bodies import Bodies
from service.jobs.database import open_database
from service.jobs.ledger import Ledger
from service.jobs.runner import Desk, Runner
from service.jobs.store import Lot, Store
from service.jobs.supervisor import Census
from service.jobs.tables import fits

LIMITS = Limits(bytes=10_000, columns=10, rows=100)
DOCUMENT = b'{"id": "f1",  "numbers": [1.0]}'
FITTED = Reply(body=DOCUMENT, id="f1", seconds={"read": 0.001, "fit": 0.0025})


def refusal(code: str) -> Reply:
    return Reply(body=Failure(code=code, detail="Said by a worker.").model_dump_json().encode(), failed=True)


@dataclass
class FakeWorkers:
    """Workers that answer at once with what `outcome` gives or raises, and remember what they were asked."""

    outcome: Callable[..., object] = lambda task, *arguments: FITTED
    is_ready: bool = True
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def submit(self, task: str, *arguments: object, tell: Callable[[str], None] | None = None) -> Future[object]:
        self.asked.append((task, *arguments))
        future: Future[object] = Future()
        future.set_result(self.outcome(task, *arguments))
        return future

    async def ready(self) -> bool:
        return self.is_ready

    def census(self) -> Census:
        return Census(workers=(1, 2), busy=1, queued=3, deaths=4, retries=5)


class FakeDocuments(Store):
    """A store in memory, with these documents in it."""

    def __init__(self, documents: Mapping[str, bytes] | None = None) -> None:
        self.engine = open_database("sqlite://")
        super().__init__(self.engine)
        self.put_all([Lot(documents or {})])

    @property
    def kept(self) -> dict[str, bytes]:
        """All documents, by their ids."""
        with self.engine.connect() as connection:
            return {row.id: row.document for row in connection.execute(select(fits.c.id, fits.c.document))}


def lying(folder: Path) -> list[Path]:
    """The files in a folder that have something in them."""
    return [path for path in folder.iterdir() if path.stat().st_size]


def fails(error: Exception) -> Callable[..., object]:
    def outcome(*arguments: object) -> object:
        raise error

    return outcome


def resources(
    workers: Workers | None = None,
    documents: FakeDocuments | None = None,
    *,
    bytes: int = 1000,
    seconds: float = 5,
    patience: float = 60,
    callers: Callers | None = None,
) -> Resources:
    at_work, store = workers or FakeWorkers(), documents or FakeDocuments()
    archive = Archive(store, Bodies(Path(tempfile.mkdtemp()), 10**6))
    ledger = Ledger(store.engine, "p1")
    backlog = Backlog(ledger, at_work.submit, archive, Path(tempfile.mkdtemp()), LIMITS, 3)
    return Resources(
        workers=at_work,
        archive=archive,
        batches=Batches(),
        backlog=backlog,
        runner=Runner(ledger, Desk(backlog.begin, backlog.settle, problem_of, lambda: None, lambda: None), most=1),
        callers=callers or Callers(lambda _: None, is_guarded=False, per_minute=10**6),
        spool=Spool(Path(tempfile.mkdtemp()), bytes, seconds),
        limits=LIMITS,
        pace=Pace(queue=10, workers=2, cpus=2),
        patience=patience,
        counts=Counts(),
    )


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    yield {"resources": resources()}


API = assemble(lifespan)


def application(resources: Resources) -> ASGIApp:
    """The API with these resources; none but the lifespan's would be its own."""

    async def at_desk(scope: Scope, receive: Receive, send: Send) -> None:
        await API({**scope, "state": {"resources": resources}}, receive, send)

    return at_desk


def ask(
    method: str,
    url: str,
    at: Resources | None = None,
    content: RequestContent | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """The answer to one request."""

    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(application(at or resources()), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, url, content=content, headers=headers)

    return asyncio.run(exchange())


def post_json(url: str, at: Resources | None = None, body: object = None) -> httpx.Response:
    return ask("POST", url, at, json.dumps(body).encode(), {"Content-Type": "application/json"})


@dataclass
class Wire:
    """One request message by message: `incoming` is what the client sends, `sent` what it has got."""

    incoming: Iterable[Message]
    sent: list[Message] = field(default_factory=list)
    received: int = 0

    async def receive(self) -> Message:
        for message in self.incoming:
            self.received += 1
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return cast(int, self.sent[0]["status"])


def scope(method: str = "POST", path: str = "/v1/fits", **headers: str) -> Scope:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": named, "scheme": "http",
        "server": ("test", 80), "client": ("test", 1), "http_version": "1.1", "root_path": "",
    }  # fmt: skip


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


GONE: Message = {"type": "http.disconnect"}
