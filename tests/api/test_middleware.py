"""What every exchange passes: headers, a log without queries, HEAD as GET, and patience with early answers."""

import asyncio
import socket
import time

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.api.middleware import SECURITY_HEADERS, Linger
from tests.api.serving import server
from tests.api.stand_ins import GONE, FakeWorkers, Wire, ask, fails, piece, post_json, resources, scope

PAGES = ["/", "/docs", "/openapi.json", "/livez", "/readyz"]


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    headers = ask("GET", path).headers
    assert SECURITY_HEADERS.keys() <= {name.title() for name in headers}
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_unforeseen_failure_has_them_too() -> None:
    response = post_json("/v1/fits", resources(FakeWorkers(fails(RuntimeError("unforeseen")))))
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("path", [*PAGES, "/v1/fits/none", "/v1/formulas"])
def test_head_is_get_without_a_body(path: str) -> None:
    named = {"X-Request-Id": "the-same"}
    head, get = ask("HEAD", path, headers=named), ask("GET", path, headers=named)
    assert head.content == b""
    assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))


async def answer_unread(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


BODY_FOLLOWS = {"transfer_encoding": "chunked"}
EARLY: list[tuple[dict[str, str], list[Message], int]] = [
    (BODY_FOLLOWS, [piece(b"a"), piece(b"b"), piece(b"", more=False), GONE], 3),
    ({"content_length": "300000"}, [piece(b"a"), piece(b"b", more=False), GONE], 2),
    ({"content_length": "2", "expect": "100-continue"}, [piece(b"a"), piece(b"b", more=False), GONE], 2),
    (BODY_FOLLOWS, [piece(b"a"), GONE, GONE], 2),
    ({"content_length": "0"}, [GONE], 0),
    ({}, [GONE], 0),
]


@pytest.mark.parametrize(("headers", "incoming", "read"), EARLY)
def test_after_an_early_answer_the_rest_is_read(headers: dict[str, str], incoming: list[Message], read: int) -> None:
    wire = Wire(iter(incoming))
    asyncio.run(Linger(answer_unread)(scope(**headers), wire.receive, wire.send))
    assert wire.received == read
    assert b"".join(message.get("body", b"") for message in wire.sent) == b"no"
    assert [message.get("more_body", False) for message in wire.sent[1:]] == ([True, False] if read else [False])
    assert ((b"connection", b"close") in wire.sent[0]["headers"]) == bool(read)


def test_a_small_body_that_is_there_leaves_the_connection_open() -> None:
    wire = Wire(iter([piece(b"a"), piece(b"b", more=False), GONE]))
    asyncio.run(Linger(answer_unread)(scope(content_length="2"), wire.receive, wire.send))
    assert wire.received == 2
    assert wire.sent[0]["headers"] == []
    assert wire.sent[1:] == [{"type": "http.response.body", "body": b"no"}]


def test_a_small_body_that_stalls_is_not_waited_for_long() -> None:
    wire = Wire(iter([piece(b"a")]))
    linger = Linger(answer_unread, seconds=0.05, small_seconds=0.05)
    asyncio.run(linger(scope(content_length="2"), wire.receive, wire.send))
    assert (b"connection", b"close") in wire.sent[0]["headers"]


def test_patience_with_a_client_that_stalls_ends() -> None:
    wire = Wire(iter([piece(b"a")]))
    started = time.monotonic()
    asyncio.run(Linger(answer_unread, seconds=0.05)(scope(**BODY_FOLLOWS), wire.receive, wire.send))
    assert time.monotonic() - started < 2  # the 0.05 s asked for, on a machine that may be busy
    assert wire.sent[-1] == {"type": "http.response.body"}


def test_a_client_that_sends_all_before_it_reads_gets_the_answer() -> None:
    with server(resources(bytes=1000)) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/fits HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(300):  # 20 MB, more than the sockets between hold
            connection.sendall(chunk)
        connection.sendall(b"0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"body_too_large"' in answer
