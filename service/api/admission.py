"""Admission: a request under /v1 passes with its owner noted, or is refused before anything of its body is read."""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import refusal_response, storage_unavailable
from service.api.resources import Resources
from service.errors import ServiceError
from service.jobs.database import OUTAGES


class Admission:
    """Lets in who may call what lies under /v1, if there is room for their work; everything else is for everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on with its owner, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith("/v1"):
            resources: Resources = scope["state"]["resources"]
            try:
                connection = HTTPConnection(scope)
                scope["state"]["owner"] = await resources.callers.admit(connection)
                if is_work(scope["method"], scope["path"], connection.headers):
                    resources.pace.admit(connection.scope["client"])
            except ServiceError as error:
                return await refusal_response(error, resources.pace)(scope, receive, send)
            except OUTAGES as error:
                return await refusal_response(storage_unavailable(error), resources.pace)(scope, receive, send)
        await self.app(scope, receive, send)


def is_work(method: str, path: str, headers: Headers) -> bool:
    """Whether a request is for work that its client waits for."""
    return method == "POST" and path.startswith("/v1") and not prefers_job(headers)


def prefers_job(headers: Headers) -> bool:
    """Whether the client would rather not wait (RFC 7240); such work waits on disk."""
    wishes = ",".join(headers.getlist("prefer")).split(",")
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)
