"""Shared work: requests that ask the same at the same time get one fit, and one that takes too long becomes a job."""

import asyncio
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from service.api.archive import Filed
from service.api.backlog import TASK
from service.api.resources import Resources
from service.api.work import departure_of, replied
from service.contract import Reply, Submission
from service.jobs.job import Job


@dataclass(frozen=True, slots=True)
class Made:
    """What a worker made of a request: its reply, and the document as it is kept, None where it failed."""

    reply: Reply
    filed: Filed | None


@dataclass(slots=True, eq=False)
class SharedWork:
    """A fit being made: the work itself, who waits for it, and the job that it has become, if it has.

    `told` says that one of those who waited has been told that the document is new.
    """

    submission: Submission
    future: Future[object]
    task: asyncio.Task[Made]
    waiting: int = 0
    told: bool = False
    job: asyncio.Future[Job] | None = None


def share(resources: Resources, submission: Submission, stack: AsyncExitStack) -> SharedWork:
    """The work on a request, begun unless the same is being worked on; what is on the stack ends with it.

    Raises QueueFull.
    """
    known = resources.shared.get(submission.digest)
    if known is not None:
        return known
    future = resources.workers.submit(
        TASK, submission, tell=lambda stage: resources.runner.tell(submission.digest, stage)
    )
    task = asyncio.create_task(_make(resources, submission, future, stack.pop_all()))
    work = resources.shared[submission.digest] = SharedWork(submission, future, task)
    return work


async def wait_for(request: Request, resources: Resources, work: SharedWork) -> Made | Job:
    """What was made; or the job that the work has become, as this request has no more patience.

    Raises ClientDisconnect if the client leaves before; the work ends with the last who waits for it. Raises as the
    workers do.
    """
    departure = departure_of(request)
    work.waiting += 1
    try:
        ends: set[asyncio.Future[Any]] = {work.task, departure}
        await asyncio.wait(ends, timeout=resources.patience, return_when=asyncio.FIRST_COMPLETED)
        if work.task.done():
            return _told(work)
        if departure.done():
            raise ClientDisconnect
        if work.job is None:
            work.job = asyncio.ensure_future(run_in_threadpool(_become_job, resources, work))
        return await asyncio.shield(work.job)
    finally:
        departure.cancel()
        work.waiting -= 1
        if work.waiting == 0 and work.job is None:
            work.task.cancel()


def _told(work: SharedWork) -> Made:
    """What was made; it is new to the first who is told of it alone."""
    made, work.told, told = work.task.result(), True, work.told
    if told and made.filed is not None:
        return replace(made, filed=replace(made.filed, is_new=False))
    return made


async def _make(resources: Resources, submission: Submission, future: Future[object], stack: AsyncExitStack) -> Made:
    """What a worker makes of the request, kept before anybody is told."""
    try:
        async with stack:
            reply = replied(TASK, await asyncio.wrap_future(future), resources)
            if reply.failed:
                return Made(reply, None)
            return Made(reply, await resources.batches.do(resources.archive.file, (reply, submission)))
    finally:
        del resources.shared[submission.digest]


def _become_job(resources: Resources, work: SharedWork) -> Job:
    """The job of work that goes on; from now on it is seen to its end whoever waits for it."""
    job = resources.backlog.accept(work.submission, running=True)
    resources.runner.adopt(job, work.future)
    # Its end is the runner's to tell.
    work.task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return job
