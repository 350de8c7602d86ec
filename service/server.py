"""The server: connections are counted and held to their time, what is no HTTP gets a problem, and all end in order.

uvicorn reads HTTP with h11. What it leaves to a proxy in front is done here, as there may be none.
"""

import asyncio
import logging
import resource
import socket
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from uuid import uuid4

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.api.correlation import request_id
from service.api.middleware import SECURITY_HEADERS
from service.api.problems import refusal_response
from service.api.resources import Resources
from service.errors import HeadTooLarge, HeadTooSlow, MalformedHttp, ServiceError, TooManyConnections

LINGER_SECONDS = 1.0
"""How long a refused client may take to read why; closing at once would take the answer from one that still sends."""

OTHER_FILES = 512
"""What a process may have open beside its connections: bodies, workers' pipes, the database."""

logger = logging.getLogger("partialpool.access")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, and the seconds that a head may take to arrive and an answer to be taken."""

    connections: int
    head_seconds: float
    answer_seconds: float


class Connection(H11Protocol):
    """A client's connection, from its beginning to its end; a class of its own for each `bounds`."""

    bounds: ClassVar[Bounds]

    _is_refused = False
    _head_clock: asyncio.TimerHandle | None = None
    _answer_clock: asyncio.TimerHandle | None = None

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
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless nothing more is read (asyncio calls this)."""
        if not self._is_refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Act on what has been read; the next head has its time from its first byte on."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._stop_head_clock()
        elif self._head_clock is None and self.conn.trailing_data[0]:
            self._start_head_clock()

    def send_400_response(self, msg: str) -> None:
        """Refuse what h11 does (uvicorn calls this where it has caught its error)."""
        error = sys.exception()
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431:
            self._refuse(HeadTooLarge("The request line and the headers are longer than they may be."))
        else:
            self._refuse(MalformedHttp("What was sent is not HTTP as RFC 9112 has it, or not safe to understand."))

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
            self.transport.abort()

    def _start_head_clock(self) -> None:
        self._head_clock = self.loop.call_later(self.bounds.head_seconds, self._end_late)

    def _stop_head_clock(self) -> None:
        if self._head_clock is not None:
            self._head_clock.cancel()
        self._head_clock = None

    def _end_late(self) -> None:
        """Refuse a head that is late; who has said nothing at all is told nothing."""
        if self.conn.trailing_data[0]:
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
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        self._write(error, self.app_state["resources"])
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _write(self, error: ServiceError, resources: Resources) -> None:
        """Write the problem, a line in the log and a count, as of a request that was read."""
        id = uuid4().hex
        token = request_id.set(id)
        answer = refusal_response(error, resources.pace)
        request_id.reset(token)
        answer.headers.update({**SECURITY_HEADERS, "X-Request-Id": id, "Connection": "close"})
        reason = HTTPStatus(answer.status_code).phrase
        for event in (
            h11.Response(status_code=answer.status_code, headers=answer.raw_headers, reason=reason),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        resources.counts.requests.labels("none", "none", answer.status_code).inc()
        logger.info("refused", extra={"fields": {"status": answer.status_code, "code": error.code, "request_id": id}})


def connection_class(bounds: Bounds) -> type[Connection]:
    """The class of connections within these bounds, as uvicorn makes them."""
    return type("BoundedConnection", (Connection,), {"bounds": bounds})


class Server(uvicorn.Server):
    """A server that, told to stop, begins nothing new while what runs has its grace."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections and no more jobs, let end what runs, then close the application."""
        resources: Resources = self.lifespan.state["resources"]
        resources.runner.rest()
        await super().shutdown(sockets)


def make_room(connections: int) -> None:
    """Let this process have so many connections open at once, or log how many it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        logging.warning("the system lets this process open %d files only, and so fewer connections than it may", hard)
        wanted = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
