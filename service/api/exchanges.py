"""Exchanges: every request has an id, a line in the log and a place in the counts; none of them says what was sent."""

import logging
import re
import time
from contextvars import ContextVar
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request at hand."""

ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""An id that a client or a proxy may give; any other is replaced."""

TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
"""W3C Trace Context, level 1: version, trace, parent, flags."""

log = logging.getLogger("partialpool.access")


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
        given = headers.get("x-request-id", "")
        id = given if ACCEPTABLE.fullmatch(given) else uuid4().hex
        token = request_id.set(id)
        started, status = time.monotonic(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            request_id.reset(token)
            _note(scope, headers, id, status, time.monotonic() - started)


def _note(scope: Scope, headers: Headers, id: str, status: int, seconds: float) -> None:
    """Write an exchange's line, and count it under the path of its route."""
    route = getattr(scope.get("route"), "path", "none")
    counts: Counts = scope["state"]["resources"].counts
    counts.requests.labels(scope["method"] if route != "none" else "none", route, status).inc()
    counts.seconds.labels(route).observe(seconds)
    trace = TRACE.fullmatch(headers.get("traceparent", ""))
    line = {
        "method": scope["method"][:20],
        "path": scope["path"][:200],
        "status": status,
        "ms": round(1000 * seconds, 1),
        "request_id": id,
        "trace_id": trace[1] if trace else None,
        "owner": scope["state"].get("owner") or None,
    }
    log.info("request", extra={"fields": {name: value for name, value in line.items() if value is not None}})
