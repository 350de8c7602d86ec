"""Correlation: the ids by which a request is found again in the log of this service, and of those before it."""

import random
import re
from contextvars import ContextVar

from starlette.datastructures import Headers

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request at hand."""

ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""An id that a client or a proxy may give; any other is replaced."""

TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
"""W3C Trace Context, level 1: version, trace, parent, flags."""


def chosen_id(headers: Headers) -> str:
    """The id that a client or a proxy gave the request, or a new one."""
    given = headers.get("x-request-id", "")
    return given if ACCEPTABLE.fullmatch(given) else new_id()


def new_id() -> str:
    """An id that no other request has."""
    return f"{random.getrandbits(128):032x}"


def trace_of(headers: Headers) -> str | None:
    """The trace that the request is part of."""
    found = TRACE.fullmatch(headers.get("traceparent", ""))
    return found[1] if found else None
