"""What is no HTTP, or not quite, is refused by the server itself: with a problem, and the next is served."""

import json
import socket
import time

import pytest

from tests.serving import Server

POST = b"POST /v1/fits HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: test\r\n"
TOO_LONG = 66_000
"""A little more than the 64 KiB that may stand before a body; what is left unread would cost the answer."""

MALFORMED = {
    "nothing like it": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the first HTTP": b"GET /livez\r\n\r\n",
    "no host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: other\r\n\r\n",
    "a NUL in a header": GET + b"A: b\x00c\r\n\r\n",
    "a header without a name": GET + b": b\r\n\r\n",
    "a folded first header": b"GET /livez HTTP/1.1\r\n Host: test\r\n\r\n",
    "a header without end": GET + b"A: " + b"b" * TOO_LONG,
    "headers without end": GET + b"A: b\r\n" * (TOO_LONG // 6),
    "a path without end": b"GET /" + b"a" * TOO_LONG,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length in words": POST + b"Content-Length: two\r\n\r\n{}",
    "a length of thirty digits": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "another transfer coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding for ever": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length and a coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a line feed alone": b"GET /livez HTTP/1.1\nHost: test\n\n",
    "a space before the colon": GET + b"Content-Length : 2\r\n\r\n{}",
    "a folded header": GET + b"A: b\r\n c\r\n\r\n",
    "a path that is no ASCII": "GET /\N{GREEK SMALL LETTER ALPHA} HTTP/1.1\r\nHost: test\r\n\r\n".encode(),
    "a later HTTP": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a chunk of no length": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


def exchange(service: Server, sent: bytes) -> bytes:
    """What the server answers before it closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_malformed_http_is_refused(service: Server, sent: bytes) -> None:
    head, _, body = exchange(service, sent).partition(b"\r\n\r\n")
    said = json.loads(body)
    expected = (431, "head_too_large") if len(sent) > TOO_LONG else (400, "malformed_http")
    assert (said["status"], said["code"]) == expected
    assert head.startswith(b"HTTP/1.1 %d " % said["status"])
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    assert f"x-request-id: {said['request_id']}".encode() in head
    assert len(body) < 500
    assert service.client.get("/livez").text == "alive\n"


@pytest.mark.parametrize(
    "endless",
    [b"2;" + b"a" * 2 * TOO_LONG, b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * (TOO_LONG // 3)],
    ids=["extension", "trailers"],
)
def test_what_stands_around_chunks_has_an_end(service: Server, endless: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(CHUNKED)
        time.sleep(0.1)  # so that it is not taken for a part of the head
        for start in range(0, len(endless), 10_000):
            connection.sendall(endless[start : start + 10_000])
            time.sleep(0.01)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("asked", ["h2c", "websocket"])
def test_who_asks_for_another_protocol_is_answered_in_this_one(service: Server, asked: str) -> None:
    head = POST + f"Connection: Upgrade\r\nUpgrade: {asked}\r\n".encode()
    for body in (b"Content-Length: 12\r\n\r\n{}          ", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"):
        answer = exchange(service, (head + body) * 1000)  # of which the first is answered
        assert answer.startswith(b"HTTP/1.1 422 ")
        assert answer.count(b"HTTP/1.1") == 1
        assert b"connection: close" in answer
