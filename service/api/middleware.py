"""The middleware: what every exchange passes on its way in and out, whatever it asks for.

Each layer is an ASGI application around the next: it sees messages, never documents.
"""

import asyncio
import contextlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private",
}
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
LINGER_SECONDS = 5.0

SMALL = 2**18
SMALL_SECONDS = 0.1
"""A body that is small, and the time it takes if it has been sent already."""


class SecurityHeaders:
    """The headers that keep a browser from doing more with an answer than show it; a route may set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on, adding headers to its answer."""

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] += [(name, value) for name, value in RAW_HEADERS if name not in given]
            await send(message)

        await self.app(scope, receive, adding)


class HeadAsGet:
    """HEAD wherever GET is: the same answer without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a HEAD on as a GET, and the answer back without its body."""
        if scope.get("method") != "HEAD":
            return await self.app(scope, receive, send)

        async def emptying(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, emptying)


class Linger:
    """Read on for a while where the answer comes before the body's end, then close the connection.

    Most clients read the answer only when all is sent; closing at once would reset the connection and lose it, and
    reading for ever would let a client send for ever. (RFC 9112, 9.6.) A small body that is there at once is read
    first, and the connection stays.
    """

    def __init__(self, app: ASGIApp, seconds: float = LINGER_SECONDS, small_seconds: float = SMALL_SECONDS) -> None:
        self.app = app
        self.seconds, self.small_seconds = seconds, small_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on, delaying the last, empty message of an early answer until the body is read."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        unread = _has_body(scope)

        async def reading() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and message.get("more_body", False)
            return message

        async def drain(seconds: float) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while unread:
                        await reading()

        async def finishing(message: Message) -> None:
            if message["type"] == "http.response.start" and unread and is_small(Headers(scope=scope)):
                await drain(self.small_seconds)
            if message["type"] == "http.response.start" and unread:
                MutableHeaders(scope=message)["Connection"] = "close"
            if message["type"] == "http.response.body" and unread and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await drain(self.seconds)
                message = {"type": "http.response.body"}
            await send(message)

        await self.app(scope, reading, finishing)


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def is_small(headers: Headers) -> bool:
    """Whether the body is known to be small; one that a client holds back until it is asked for is not read."""
    length = headers.get("content-length", "")
    return length.isdecimal() and float(length) <= SMALL and "expect" not in headers
