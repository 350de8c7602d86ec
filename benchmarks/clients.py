"""Clients that cost little beside the service they ask, with which they share the cores: one socket each, kept open.

In goes a request's bytes, out come the status, the seconds until its answer was there, and the answer.
"""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.serving import radon_columns

FORMULA = "log_radon ~ floor + (1 | county)"
PLACE = b"0.00000000000001"
"""Where in the body of a request its confidence level stands, which makes it another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request: `seconds` from its first byte to the last of the answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float


class Client:
    """Asks a service, one request after the other, over a connection that is made anew where it has ended.

    All methods raise OSError where the service does not answer.
    """

    def __init__(self, host: str, port: int, timeout: float = 60.0) -> None:
        self._address, self._timeout = (host, port), timeout
        self._socket: socket.socket | None = None

    def get(self, path: str) -> Answer:
        """The answer to a GET."""
        return self._exchange(f"GET {path} HTTP/1.1\r\nHost: benchmark\r\n\r\n".encode())

    def post(self, body: bytes, headers: str = "") -> Answer:
        """The answer to a request for a fit; `headers` are more of them, each with its line's end."""
        head = f"POST /v1/fits HTTP/1.1\r\nHost: benchmark\r\nContent-Type: application/json\r\n{headers}"
        return self._exchange(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Answer:
        start = time.perf_counter()
        try:
            connection = self._connected()
            connection.sendall(request)
            status, headers, content = _read(connection)
        except OSError:
            self.close()
            raise
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, content, time.perf_counter() - start)

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def _read(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content of an answer whose end its length or the connection's end tells."""
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _some(connection)
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = received[end + 4 :]
    if "content-length" in headers:
        while len(content) < int(headers["content-length"]):
            content += _some(connection)
    return int(first.split()[1]), headers, bytes(content)


def _some(connection: socket.socket) -> bytes:
    """What has arrived. Raises ConnectionError if nothing more will."""
    received = connection.recv(2**18)
    if not received:
        raise ConnectionResetError
    return received


def radon_body(dataset: bool = False) -> bytes:
    """The request for the radon fit with its rows in it, or their name alone."""
    data: dict[str, object] = {"dataset": "radon"} if dataset else {"data": radon_columns()}
    return json.dumps({"formula": FORMULA, "confidence_level": float(PLACE), **data}).encode().replace(b"1e-14", PLACE)


def numbered(body: bytes, number: int) -> bytes:
    """The same request with a confidence level that no other number has."""
    return body.replace(PLACE, b"0.9%013d" % number)
