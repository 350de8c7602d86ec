"""Routes: an endpoint that takes the raw request alone is called as it is, and what is asked in a query is known."""

from collections import Counter
from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from service.errors import Fault, InvalidRequest
from service.quoting import excerpt, pointer_to

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class ExactRoute(APIRoute):
    """A route that does no more than its endpoint needs, and refuses to read over what it is asked."""

    def get_route_handler(self) -> Endpoint:
        """What answers a request (the framework calls this).

        To bring no parameters to an endpoint that takes none costs the framework a tenth of a small fit's time.
        """
        takes_request = list(signature(self.endpoint).parameters) == ["request"]
        handler: Endpoint = self.endpoint if takes_request else super().get_route_handler()
        if "GET" not in (self.methods or ()) or not self.path.startswith("/v1"):
            return handler
        fields = self.dependant.query_params
        if any(isinstance(kind := each.field_info.annotation, type) and issubclass(kind, BaseModel) for each in fields):
            return refusing_others(None, handler)  # The model refuses what it does not know.
        return refusing_others({each.alias for each in fields}, handler)


def refusing_others(known: set[str] | None, handler: Endpoint) -> Endpoint:
    """The handler, for requests with these query parameters alone, each once; any, where none are named.

    Raises InvalidRequest.
    """

    async def handle(request: Request) -> Response:
        times = Counter(name for name, _ in request.query_params.multi_items())
        faults = [
            Fault(f"{excerpt(name)} is {wrong}.", pointer=pointer_to("", name))
            for name, count in times.items()
            if (wrong := _wrong(known is None or name in known, count))
        ]
        if faults:
            raise InvalidRequest(faults[0].message, *faults)
        return await handler(request)

    return handle


def _wrong(is_known: bool, count: int) -> str:
    """What is wrong with a parameter that stands so often; empty if nothing is."""
    if not is_known:
        return "no parameter of this resource"
    return "given twice" if count > 1 else ""


class Routes(APIRouter):
    """The routes of a resource, by the names of their endpoints."""

    def __init__(self, prefix: str = "", *, tag: str | None = None, include_in_schema: bool = True) -> None:
        super().__init__(
            prefix=prefix,
            tags=[tag] if tag else None,
            include_in_schema=include_in_schema,
            route_class=ExactRoute,
            generate_unique_id_function=lambda route: route.name,
        )
