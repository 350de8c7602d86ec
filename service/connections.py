"""Connections: they are counted and held to their time, and what is no HTTP gets a problem.

uvicorn reads HTTP with llhttp. What it leaves to a proxy in front is done here, as there may be none.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import ClassVar

import httptools
from starlette.datastructures import Headers
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.api.admission import is_work
from service.api.correlation import chosen_id, new_id, request_id
from service.api.middleware import SECURITY_HEADERS, is_small
from service.api.problems import refusal_response
from service.api.resources import Resources
from service.errors import HeadTooLarge, HeadTooSlow, MalformedHttp, QueueFull, ServiceError, TooManyConnections

HEAD_BYTES = 2**16
"""The most that may stand before a body, or around its chunks."""

FRAMING = (b"content-length", b"transfer-encoding")
"""What says where a body ends."""

TOO_LARGE = "The request line and the headers are longer than they may be."
NO_METHOD = "What was sent does not begin with a method that HTTP knows, such as GET or POST."
MALFORMED = "What was sent is not HTTP as RFC 9112 has it, or not safe to understand."

LINGER_SECONDS = 1.0
"""How long a refused client may take to read why; closing at once would take the answer from one that still sends."""

logger = logging.getLogger("partialpool.access")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, and the seconds that a head may take to arrive and an answer to be taken."""

    connections: int
    head_seconds: float
    answer_seconds: float


class Connection(HttpToolsProtocol):
    """A client's connection, from its beginning to its end; a class of its own for each `bounds`."""

    bounds: ClassVar[Bounds]

    _is_refused = False
    _is_in_head = False
    _is_resuming = False
    _is_last = False
    _turned_away: ServiceError | None = None
    _data = b""
    _head_bytes = 0
    _head_clock: asyncio.TimerHandle | None = None
    _answer_clock: asyncio.TimerHandle | None = None
    _answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection, or refuse it if there are too many (asyncio calls this)."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._refuse(TooManyConnections("Too many connections are open already; try again later."))
        else:
            self._start_head_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection (asyncio calls this)."""
        self._stop_clocks()
        self._desert()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless nothing more is read (asyncio calls this)."""
        if self._is_refused:
            return
        self._data = data
        self._head_bytes += len(data)
        super().data_received(data)
        self._data = b""
        # The parser has begun to count anew with all that it understood.
        if self._head_bytes > HEAD_BYTES and not self._is_refused:
            self._refuse(HeadTooLarge(TOO_LARGE))

    def on_message_begin(self) -> None:
        """Begin with a head, which has its time from its first byte on (the parser calls this)."""
        if self._is_resuming:
            return
        super().on_message_begin()
        self._is_in_head = True
        if self._head_clock is None:
            self._start_head_clock()

    def on_headers_complete(self) -> None:
        """Begin with the answer (the parser calls this)."""
        if self._is_resuming:
            return
        self._is_in_head, self._head_bytes = False, 0
        check_head(self.url, self.headers, self.parser.get_http_version())
        self._turned_away = self._no_room()
        if self._turned_away is None:
            self._stop_head_clock()
            super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin to answer a request; `self.cycle` is of the last that was read, which may wait (uvicorn calls this)."""
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body (the parser calls this)."""
        self._head_bytes = 0
        if self._turned_away is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the body's end (the parser calls this)."""
        self._head_bytes = 0
        if self._turned_away is None:
            return super().on_message_complete()
        self._stop_head_clock()
        self._write(self._turned_away, chosen_id(Headers(raw=self.headers)))
        self._turned_away = None
        self.on_response_complete()

    def _no_room(self) -> QueueFull | None:
        """Why work is not taken whose small body is read over, in the time that a head has, as the connection stays.

        What many who cannot be served cost is taken from those who can. All other work is refused by the application,
        which knows how to leave a body unread.
        """
        parser, headers = self.parser, Headers(raw=self.headers)
        is_answering = self.cycle is not None and not self.cycle.response_complete
        stays = parser.get_http_version() == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        if is_answering or not stays or not is_small(headers):
            return None
        if not is_work(parser.get_method().decode(), self.url.decode("latin-1"), headers):
            return None
        resources: Resources = self.app_state["resources"]
        try:
            resources.pace.admit(self.client)
        except QueueFull as error:
            return error
        return None

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser does (uvicorn calls this where it has caught its error)."""
        error = sys.exception()
        match error, error and error.__context__:
            case httptools.HttpParserInvalidMethodError(), _:
                self._refuse(MalformedHttp(NO_METHOD))
            case httptools.HttpParserCallbackError(), ServiceError() as reason:
                self._refuse(reason)
            case _:
                self._refuse(MalformedHttp(MALFORMED))

    def _unsupported_upgrade_warning(self) -> None:
        """Go on in this protocol where another was asked for (RFC 9110, 7.8); uvicorn calls this as the parser stops.

        Many clients ask for HTTP/2 so. Another parser is told the framing of the body, which is the connection's last.
        """
        error = sys.exception()
        if self._is_last or not isinstance(error, httptools.HttpParserUpgrade):
            return
        self._is_last, self.cycle.keep_alive = True, False
        rest = self._data[error.args[0] :]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # which is not read
        framing = [b"%s: %s\r\n" % each for each in self.headers if each[0] in FRAMING]
        self._is_resuming = True
        self.parser.feed_data(b"".join([b"POST / HTTP/1.1\r\nConnection: close\r\n", *framing, b"\r\n"]))
        self._is_resuming = False
        super().data_received(rest)

    def on_response_complete(self) -> None:
        """Go on to the next request; the client has its time to take what is written."""
        super().on_response_complete()
        self._time_answer()

    def pause_writing(self) -> None:
        """Write no more until the client has taken some of it, and not for ever (asyncio calls this)."""
        super().pause_writing()
        self._time_answer()

    def resume_writing(self) -> None:
        """Write on (asyncio calls this)."""
        super().resume_writing()
        self._time_answer()

    def _time_answer(self) -> None:
        """Give the client its time anew where there is something for it to take."""
        if self._answer_clock is not None:
            self._answer_clock.cancel()
        self._answer_clock = None
        if self.transport.get_write_buffer_size():
            self._answer_clock = self.loop.call_later(self.bounds.answer_seconds, self._end_untaken)

    def _end_untaken(self) -> None:
        if self.transport.get_write_buffer_size():
            self._desert()
            self.transport.abort()

    def _desert(self) -> bool:
        """Tell the request that is being answered that nobody is there any more; whether its answer has begun."""
        answered = self._answered
        if answered is None or answered.response_complete:
            return False
        answered.disconnected = True
        answered.message_event.set()
        return answered.response_started

    def _start_head_clock(self) -> None:
        self._head_clock = self.loop.call_later(self.bounds.head_seconds, self._end_late)

    def _stop_head_clock(self) -> None:
        if self._head_clock is not None:
            self._head_clock.cancel()
        self._head_clock = None

    def _end_late(self) -> None:
        """Refuse a head that is late; who has said nothing at all is told nothing."""
        if self._is_in_head:
            seconds = self.bounds.head_seconds
            self._refuse(HeadTooSlow(f"The request line and the headers did not arrive within {seconds:g} seconds."))
        else:
            self.transport.close()

    def _stop_clocks(self) -> None:
        self._stop_head_clock()
        if self._answer_clock is not None:
            self._answer_clock.cancel()

    def _refuse(self, error: ServiceError) -> None:
        """Answer with a problem, unless an answer has begun, and read no more; nothing of the application is run."""
        self._is_refused = True
        self._stop_head_clock()
        self.connections.discard(self)
        self.pipeline.clear()
        if self._desert():
            self.transport.abort()
            return
        self._write(error, new_id(), {"Connection": "close"})
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _write(self, error: ServiceError, id: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """Write the problem, a line in the log and a count, as of a request that was read."""
        resources: Resources = self.app_state["resources"]
        token = request_id.set(id)
        answer = refusal_response(error, resources.pace)
        request_id.reset(token)
        answer.headers.update({**SECURITY_HEADERS, "X-Request-Id": id, **headers})
        status = HTTPStatus(answer.status_code)
        lines = [f"HTTP/1.1 {status:d} {status.phrase}".encode(), *(b"%s: %s" % each for each in answer.raw_headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        resources.counts.requests("none", "none", answer.status_code).inc()
        logger.info("refused", extra={"fields": {"status": answer.status_code, "code": error.code, "request_id": id}})


def check_head(url: bytes, headers: Sequence[tuple[bytes, bytes]], version: str) -> None:
    """Refuse what the parser lets pass. Raises HeadTooLarge, and MalformedHttp (RFC 9112, 2.3, 3.2 and 6.1)."""
    if len(url) + sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES:
        raise HeadTooLarge(TOO_LARGE)
    hosts = sum(name == b"host" for name, _ in headers)
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if version not in ("1.0", "1.1") or (version == "1.1" and hosts != 1) or codings not in ([], [b"chunked"]):
        raise MalformedHttp(MALFORMED)


def connection_class(bounds: Bounds) -> type[Connection]:
    """The class of connections within these bounds, as uvicorn makes them."""
    return type("BoundedConnection", (Connection,), {"bounds": bounds})
