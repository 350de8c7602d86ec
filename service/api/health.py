"""Health: whether the service lives, and whether it can fit."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from service.api import schema
from service.api.resources import resources_of
from service.api.routes import Routes
from service.errors import NotReady

router = Routes(tag="health")


@router.get(
    "/livez",
    summary="Is the service alive?",
    response_class=PlainTextResponse,
    responses={200: {"description": "It is."}, **schema.refusals()},
)
async def live() -> Response:
    """The serving process answers; it asks no worker, however busy they are."""
    return PlainTextResponse("alive\n")


@router.get(
    "/readyz",
    summary="Can the service fit?",
    response_class=PlainTextResponse,
    responses={200: {"description": "A worker answers."}, **schema.refusals("not_ready")},
)
async def ready(request: Request) -> Response:
    """The workers answer, so that a request sent now would be worked on."""
    if not await resources_of(request).workers.ready():
        raise NotReady("No worker answers at the moment.")
    return PlainTextResponse("ready\n")


@router.get(
    "/metrics",
    summary="What this process has done",
    response_class=Response,
    responses={200: {"description": "Counts and gauges for Prometheus."}, **schema.refusals()},
)
async def metrics(request: Request) -> Response:
    """Requests, fits by outcome, seconds by stage, workers and what waits, in the text format of Prometheus."""
    resources = resources_of(request)
    counts, census = resources.counts, resources.workers.census()
    counts.workers("busy").set(census.busy)
    counts.workers("idle").set(len(census.workers) - census.busy)
    counts.waiting.set(census.queued)
    counts.deaths.set(census.deaths)
    counts.retries.set(census.retries)
    counts.jobs.set(await run_in_threadpool(resources.backlog.jobs.count))
    return Response(generate_latest(counts.registry), media_type=CONTENT_TYPE_LATEST)
