"""Exchanges: every request has an id, a line in the log and a place in the counts; none of them says what was sent."""

import logging
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.correlation import chosen_id, request_id, trace_of
from service.api.problems import INTERNAL, problem_response

log = logging.getLogger("partialpool.access")
logger = logging.getLogger(__name__)


class Counts:
    """What `/metrics` tells of this process, as Prometheus counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "partialpool_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "partialpool_request_seconds", "Seconds from a request to its answer.", ["route"], registry=self.registry
        )
        self.fits = Counter("partialpool_fits", "Requests for fits, by outcome.", ["outcome"], registry=self.registry)
        self.stages = Counter(
            "partialpool_stage_seconds", "Seconds of work, by stage.", ["stage"], registry=self.registry
        )
        self.workers = Gauge("partialpool_workers", "Worker processes, by state.", ["state"], registry=self.registry)
        self.waiting = Gauge("partialpool_waiting", "Tasks that wait for a worker.", registry=self.registry)
        self.jobs = Gauge("partialpool_jobs_waiting", "Jobs in the store that wait.", registry=self.registry)
        self.deaths = Gauge("partialpool_worker_deaths", "Workers that died at work.", registry=self.registry)
        self.retries = Gauge("partialpool_retries", "Tasks that were begun again.", registry=self.registry)


class Exchanges:
    """Gives each exchange its id, counts it and writes its line; no query, no header, no data."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on, and log and count it when it has ended."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        id = chosen_id(headers)
        token = request_id.set(id)
        started, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception:
            logger.exception("request %s failed", id)
            if not status:
                await problem_response(INTERNAL)(scope, receive, noting)
        finally:
            request_id.reset(token)
            _note(scope, headers, id, status, time.monotonic() - started)


def _note(scope: Scope, headers: Headers, id: str, status: int, seconds: float) -> None:
    """Write an exchange's line, and count it under the path of its route."""
    route = getattr(scope.get("route"), "path", "none")
    counts: Counts = scope["state"]["resources"].counts
    counts.requests.labels(scope["method"] if route != "none" else "none", route, status).inc()
    counts.seconds.labels(route).observe(seconds)
    line = {
        "method": scope["method"][:20],
        "path": scope["path"][:200],
        "status": status,
        "ms": round(1000 * seconds, 1),
        "request_id": id,
        "trace_id": trace_of(headers),
        "owner": scope["state"].get("owner") or None,
    }
    log.info("request", extra={"fields": {name: value for name, value in line.items() if value is not None}})
