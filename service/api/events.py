"""Events: where a job stands, sent as it changes (server-sent events, WHATWG HTML 9.2)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from service.api import schema
from service.api.job_views import view_of
from service.api.resources import Resources, owner_of, resources_of
from service.api.routes import Routes
from service.api.work import find
from service.contract import JobView
from service.jobs.job import Job

LOOK_SECONDS = 0.5
"""How often the ledger is asked, which other processes write to as well."""

SILENT_SECONDS = 15.0
"""After so long without news a comment is sent, so that nobody in between closes the connection."""

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/events",
    summary="A job, as it goes on",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "An event for each change, its data a JobView; the last when the job is over. Of a fit that "
            "has no job, its id, status and path.",
            "content": {"text/event-stream": {"schema": schema.EVENT}},
        },
        **schema.refusals("not_found", "invalid_request"),
    },
)
async def read_events(request: Request, id: str) -> StreamingResponse:
    """Where a job stands now, and each change, until it is over. Of a fit that has no job there is one event."""
    resources, owner = resources_of(request), owner_of(request)
    found = await run_in_threadpool(_look, resources, id, owner)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(resources, id, owner, found), headers=headers, media_type="text/event-stream")


async def _events(resources: Resources, id: str, owner: str, first: Job | str) -> AsyncIterator[str]:
    """The events of a job from what was seen first on, or the one of a fit whose id that is."""
    seen: JobView | None = None
    found, silent = first, 0.0
    while True:
        if isinstance(found, str):
            yield f'event: succeeded\ndata: {{"id":"{found}","status":"succeeded","fit":"/v1/fits/{found}"}}\n\n'
            return
        view = view_of(found)
        if view != seen:
            yield f"event: {view.status}\ndata: {view.model_dump_json()}\n\n"
            seen, silent = view, 0.0
        elif silent >= SILENT_SECONDS:
            yield ": still there\n\n"
            silent = 0.0
        # A client whose events end early asks for them again, then of another process.
        if found.is_over or resources.runner.is_resting:
            return
        await asyncio.sleep(LOOK_SECONDS)
        silent += LOOK_SECONDS
        found = await run_in_threadpool(_look, resources, id, owner)


def _look(resources: Resources, id: str, owner: str) -> Job | str:
    """The job with this id, or the id of the fit that there is instead. Raises NotFound."""
    job = resources.backlog.jobs.get(id, owner)
    if job is not None:
        return job
    found = find(resources, id, owner)
    return found if isinstance(found, Job) else found[0]
