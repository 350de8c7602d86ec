"""Work: a request's task goes to a worker, its reply comes back, and a client that leaves takes its task along."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.concurrency import contextmanager_in_threadpool
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from service import __version__
from service.api import media
from service.api.resources import Resources, owner_of, resources_of
from service.contract import Reply, Submission
from service.errors import NotFinished, NotFound
from service.jobs.job import Job

GONE = "The data of this fit are no longer kept: send the request of the fit again, then ask once more."


async def submit_body(
    request: Request, resources: Resources, task: str, readable: tuple[str, ...], limit: int | None = None
) -> Reply:
    """The reply to the task of working on the request's body.

    Raises as `received` and `perform`.
    """
    async with received(request, resources, readable, limit) as submission:
        return await perform(request, resources, task, submission)


@asynccontextmanager
async def received(
    request: Request, resources: Resources, readable: tuple[str, ...], limit: int | None = None
) -> AsyncIterator[Submission]:
    """The request with its body, until the block ends; a worker alone reads it.

    Raises UnsupportedMediaType before anything is read, BodyTooLarge and BodyTooSlow while it is received.
    """
    headers = request.headers
    content_type, encoding = headers.get("content-type", ""), headers.get("content-encoding", "")
    media.accept(content_type, readable)
    query, owner = request.scope["query_string"].decode(), owner_of(request)
    async with resources.spool.receive(request, limit) as body:
        digest = digest_of(__version__, owner, content_type, encoding, query, body.digest)
        folder = str(resources.spool.folder)
        yield Submission(body.content, content_type, encoding, query, resources.limits, owner, digest, folder)


def digest_of(*parts: str) -> str:
    """32 hexadecimal digits that no other parts have."""
    content = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:32]


async def follow(request: Request, id: str, task: str, *arguments: object) -> Reply:
    """The reply to a task about a fit that was made before: of its document, the request it answered, and `arguments`.

    Raises NotFound where there is no such fit, or its request is no longer kept, and as `perform`.
    """
    resources = resources_of(request)
    fit, document = await fit_of(request, id)
    asked = await run_in_threadpool(resources.archive.documents.request, fit)
    if asked is None:
        raise NotFound(GONE)
    body, words = asked
    folder = resources.spool.folder
    # A disk may stall; the event loop may not.
    async with contextmanager_in_threadpool(resources.archive.bodies.lend(body, folder)) as content:
        if content is None:
            raise NotFound(GONE)
        limits, owner = resources.limits, owner_of(request)
        submission = Submission.kept(content, words, limits, owner=owner, folder=str(folder))
        return await perform(request, resources, task, document, submission, *arguments)


async def document_of(request: Request, id: str) -> bytes:
    """The document of a fit that was made before. Raises NotFound, and NotFinished for a job that has led to none."""
    _, document = await fit_of(request, id)
    return document


async def fit_of(request: Request, id: str) -> tuple[str, bytes]:
    """The id and the document of a fit that was made before, under its own id or that of its job.

    Raises NotFound, and NotFinished for a job that has led to none.
    """
    found = await run_in_threadpool(find, resources_of(request), id, owner_of(request))
    if isinstance(found, Job):
        raise NotFinished(f"The job with this id is {found.state}; GET /v1/fits/{{id}} says more.")
    return found


def find(resources: Resources, id: str, owner: str) -> tuple[str, bytes] | Job:
    """What there is under an id: a fit, by its id or its job's, or a job that has led to none. Raises NotFound."""
    documents = resources.archive.documents
    if (document := documents.get(id, owner)) is not None:
        return id, document
    job = resources.backlog.jobs.get(id, owner)
    if job is not None and job.fit is None:
        return job
    if job is not None and job.fit is not None and (document := documents.get(job.fit, owner)) is not None:
        return job.fit, document
    reason = documents.removal(id if job is None or job.fit is None else job.fit, owner)
    raise NotFound("No fit has this id." if reason is None else f"The fit with this id is gone. {reason}")


async def perform(request: Request, resources: Resources, task: str, *arguments: object) -> Reply:
    """The reply to a task. Raises QueueFull, DeadlineExceeded, WorkerDied, and ClientDisconnect if nobody waits for it.

    The body must have been received, as what comes after it tells that the client is gone.
    """
    with resources.pace.place(request.scope["client"]):
        work: asyncio.Future[object] = asyncio.wrap_future(resources.workers.submit(task, *arguments))
        departure = departure_of(request)
        try:
            await asyncio.wait({work, departure}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ClientDisconnect
            return replied(task, work.result(), resources)
        finally:
            # Both do nothing to what is done; cancelling unfinished work frees its worker.
            work.cancel()
            departure.cancel()


def replied(task: str, value: object, resources: Resources) -> Reply:
    """The reply that a task returned, its time recorded. Raises TypeError for anything else."""
    if not isinstance(value, Reply):
        raise TypeError(f"{task} answered with a {type(value).__name__}")
    if value.seconds:
        resources.pace.record(sum(value.seconds.values()))
        for stage, seconds in value.seconds.items():
            resources.counts.stages(stage).inc(seconds)
    return value


def departure_of(request: Request) -> asyncio.Future[object]:
    """Done when the client has gone; its body must have been received."""
    return asyncio.ensure_future(_departure(request.receive))


async def _departure(receive: Receive) -> object:
    """The message that the client has gone, when it has."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
