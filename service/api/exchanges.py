"""Exchanges: every request has an id, a line in the log and a place in the counts; none of them says what was sent."""

import asyncio
import logging
import time

from opentelemetry import trace
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.correlation import chosen_id, request_id, trace_of
from service.api.middleware import SECURITY_HEADERS
from service.api.problems import INTERNAL, problem_response
from service.api.resources import Resources
from service.contract import failure_of
from service.errors import NotReady

STOPPED = failure_of(NotReady("The service stops, and this would have taken longer; send it again."))

log = logging.getLogger("partialpool.access")
logger = logging.getLogger(__name__)


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
                message["headers"].append((b"x-request-id", id.encode()))
            await send(message)

        # A span has the query by itself, and so formulas.
        if scope["query_string"]:
            trace.get_current_span().set_attribute("url.query", "REDACTED")
        try:
            await self.app(scope, receive, noting)
        except asyncio.CancelledError:
            # The server stops, and this took longer than the grace it had.
            if status:
                raise
            await problem_response(STOPPED, {**SECURITY_HEADERS, "Retry-After": "1"})(scope, receive, noting)
        except Exception:
            logger.exception("request %s failed", id)
            if not status:
                await problem_response(INTERNAL, SECURITY_HEADERS)(scope, receive, noting)
        finally:
            request_id.reset(token)
            _note(scope, headers, id, status, time.monotonic() - started)


def _note(scope: Scope, headers: Headers, id: str, status: int, seconds: float) -> None:
    """Write an exchange's line, and count it under the path of its route."""
    route = getattr(scope.get("route"), "path", "none")
    resources: Resources = scope["state"]["resources"]
    resources.counts.requests(scope["method"] if route != "none" else "none", route, status).inc()
    resources.counts.seconds(route).observe(seconds)
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
