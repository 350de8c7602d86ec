"""Work: a request's task goes to a worker, its reply comes back, and a client that leaves takes its task along."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from service.api import media
from service.api.resources import Resources, resources_of
from service.contract import Reply, Submission
from service.errors import NotFound

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
    """The request with its body in a file until the block ends, which a worker alone reads.

    Raises UnsupportedMediaType before anything is read, BodyTooLarge and BodyTooSlow while it is received.
    """
    headers = request.headers
    content_type = headers.get("content-type", "")
    media.accept(content_type, readable)
    async with resources.spool.receive(request, limit) as path:
        yield Submission(
            path=str(path),
            content_type=content_type,
            content_encoding=headers.get("content-encoding", ""),
            query=request.url.query,
            limits=resources.limits,
        )


async def follow(request: Request, id: str, task: str, *arguments: object) -> Reply:
    """The reply to a task about a fit that was made before: of its document, the request it answered, and `arguments`.

    Raises NotFound where there is no such fit, or its request is no longer kept, and as `perform`.
    """
    resources = resources_of(request)
    document = await document_of(request, id)
    asked = await run_in_threadpool(resources.documents.request, id)
    if asked is None:
        raise NotFound(GONE)
    body, words = asked
    with resources.bodies.lend(body, resources.spool.folder) as path:
        if path is None:
            raise NotFound(GONE)
        submission = Submission.kept(str(path), words, resources.limits)
        return await perform(request, resources, task, document, submission, *arguments)


async def document_of(request: Request, id: str) -> bytes:
    """The document of a fit that was made before. Raises NotFound."""
    document = await run_in_threadpool(resources_of(request).documents.get, id)
    if document is None:
        raise NotFound("No fit has this id.")
    return document


async def perform(request: Request, resources: Resources, task: str, *arguments: object) -> Reply:
    """The reply to a task. Raises QueueFull, DeadlineExceeded, WorkerDied, and ClientDisconnect if nobody waits for it.

    The body must have been received, as what comes after it tells that the client is gone.
    """
    work: asyncio.Future[object] = asyncio.wrap_future(resources.workers.submit(task, *arguments))
    departure: asyncio.Future[object] = asyncio.ensure_future(_departure(request.receive))
    try:
        await asyncio.wait({work, departure}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        reply = work.result()
    finally:
        # Both do nothing to what is done; cancelling unfinished work frees its worker.
        work.cancel()
        departure.cancel()
    if not isinstance(reply, Reply):
        raise TypeError(f"{task} answered with a {type(reply).__name__}")
    if reply.seconds:
        resources.pace.record(sum(reply.seconds.values()))
    return reply


async def _departure(receive: Receive) -> object:
    """The message that the client has gone, when it has."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
