"""Routes: an endpoint that takes the raw request alone is called as it is."""

from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class DirectRoute(APIRoute):
    """A route without what the framework does for parameters, where there are none: a tenth of a small fit's time."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself, if the request is all it takes (the framework calls this)."""
        if list(signature(self.endpoint).parameters) == ["request"]:
            endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
            return endpoint
        return super().get_route_handler()


class Routes(APIRouter):
    """The routes of a resource, by the names of their endpoints."""

    def __init__(self, prefix: str = "", *, tag: str | None = None, include_in_schema: bool = True) -> None:
        super().__init__(
            prefix=prefix,
            tags=[tag] if tag else None,
            include_in_schema=include_in_schema,
            route_class=DirectRoute,
            generate_unique_id_function=lambda route: route.name,
        )
