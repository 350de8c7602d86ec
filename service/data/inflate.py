"""From a file of a request's body, perhaps compressed, to the bytes that were meant, never more than the limit."""

import zlib
from collections.abc import Iterator
from pathlib import Path

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


def read_body(path: Path, content_encoding: str, limits: Limits) -> bytes:
    """The body's bytes, inflated if `content_encoding` is gzip.

    Raises `UnsupportedMediaType` for another coding, `BodyTooLarge` past the limit, before or after inflation, and
    `MalformedBody` for gzip data that are damaged or cut short.
    """
    limits.admit_bytes(path.stat().st_size)
    if is_plain(content_encoding):
        return path.read_bytes()
    match content_encoding.strip().lower():
        case "gzip" | "x-gzip":
            return _inflated(path, limits)
        case other:
            message = f"The content coding {excerpt(other)} is not supported; send gzip, or the body as it is."
            raise UnsupportedMediaType(message, Fault(message))


def is_plain(content_encoding: str) -> bool:
    """Whether a body of this content coding is in its file as it was meant."""
    return content_encoding.strip().lower() in ("", "identity")


def _inflated(path: Path, limits: Limits) -> bytes:
    inflated, size = bytearray(), path.stat().st_size
    try:
        for piece in _pieces(path):
            inflated += piece
            limits.admit_bytes(len(inflated))
            if len(inflated) > _HARMLESS + _MOST_INFLATION * size:
                message = f"The body inflates to more than {_MOST_INFLATION} times its size: no table does."
                raise BodyTooLarge(message, Fault(message))
    except zlib.error:
        message = "The gzip data are damaged or cut short."
        raise MalformedBody(message, Fault(message)) from None
    return bytes(inflated)


def _pieces(path: Path) -> Iterator[bytes]:
    """What the file inflates to, in steps, one member of it after the other; raises `zlib.error` if one is damaged."""
    member, n_members = zlib.decompressobj(_GZIP), 1
    with path.open("rb") as file:
        while compressed := member.unconsumed_tail or member.unused_data or file.read(_STEP):
            if member.eof:
                member, n_members = zlib.decompressobj(_GZIP), n_members + 1
            if n_members > _MOST_MEMBERS:
                message = f"The gzip data are more than {_MOST_MEMBERS} members."
                raise MalformedBody(message, Fault(message))
            yield member.decompress(compressed, _STEP)
    if not member.eof:
        raise zlib.error("cut short")
