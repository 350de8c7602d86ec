"""From a request's body, which may lie in a file and be compressed, to the bytes that were meant, within the limit."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from service.data.limits import Limits
from service.errors import BodyTooLarge, Fault, MalformedBody, UnsupportedMediaType
from service.quoting import excerpt

_STEP = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
"""Tells zlib to expect a gzip header and to check the length and checksum after the data."""
_HARMLESS = 16 * 2**20
_MOST_INFLATION = 200
"""A table of repeated values may shrink a hundredfold; a bomb, which would keep a worker busy, a thousandfold."""
_MOST_MEMBERS = 1000
"""Gzip data may be several members in a row (RFC 1952); each has a price, however small it is."""


def read_body(body: bytes | Path, content_encoding: str, limits: Limits) -> bytes:
    """The bytes of the body, or of that in a file, inflated if `content_encoding` is gzip.

    Raises `UnsupportedMediaType` for another coding, `BodyTooLarge` past the limit, before or after inflation, and
    `MalformedBody` for gzip data that are damaged or cut short.
    """
    size = size_of(body)
    limits.admit_bytes(size)
    if is_plain(content_encoding):
        return body if isinstance(body, bytes) else body.read_bytes()
    match content_encoding.strip().lower():
        case "gzip" | "x-gzip":
            with BytesIO(body) if isinstance(body, bytes) else body.open("rb") as file:
                return _inflated(file, size, limits)
        case other:
            message = f"The content coding {excerpt(other)} is not supported; send gzip, or the body as it is."
            raise UnsupportedMediaType(message, Fault(message))


def is_plain(content_encoding: str) -> bool:
    """Whether a body of this content coding is in its file as it was meant."""
    return content_encoding.strip().lower() in ("", "identity")


def size_of(body: bytes | Path) -> int:
    """The bytes of the body, or of that in a file."""
    return len(body) if isinstance(body, bytes) else body.stat().st_size


def _inflated(file: BinaryIO, size: int, limits: Limits) -> bytes:
    inflated = bytearray()
    try:
        for piece in _pieces(file):
            inflated += piece
            limits.admit_bytes(len(inflated))
            if len(inflated) > _HARMLESS + _MOST_INFLATION * size:
                message = f"The body inflates to more than {_MOST_INFLATION} times its size: no table does."
                raise BodyTooLarge(message, Fault(message))
    except zlib.error:
        message = "The gzip data are damaged or cut short."
        raise MalformedBody(message, Fault(message)) from None
    return bytes(inflated)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """What the file inflates to, in steps, one member of it after the other; raises `zlib.error` if one is damaged."""
    member, n_members = zlib.decompressobj(_GZIP), 1
    while compressed := member.unconsumed_tail or member.unused_data or file.read(_STEP):
        if member.eof:
            member, n_members = zlib.decompressobj(_GZIP), n_members + 1
        if n_members > _MOST_MEMBERS:
            message = f"The gzip data are more than {_MOST_MEMBERS} members."
            raise MalformedBody(message, Fault(message))
        yield member.decompress(compressed, _STEP)
    if not member.eof:
        raise zlib.error("cut short")
