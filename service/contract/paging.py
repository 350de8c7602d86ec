"""Paging: which part of a long table is asked for, and the cursor that leads to the next.

A cursor says where a page begins. It is bound to its table, so that one of another table is refused.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from service.errors import Fault, InvalidRequest

MOST_ROWS = 100_000
"""Rows of one page."""

WIDTH, SEAL = 8, 8
"""Bytes of the row a page begins at, and of what binds it to the table."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `start` to `start + limit` of a table; `table` names it among all tables of all fits."""

    table: str
    start: int
    limit: int

    def after(self, n_rows: int, limit: int | None = None) -> str | None:
        """The cursor of the page after this one, None if the table of `n_rows` ends here; `limit` may be less."""
        start = self.start + min(self.limit, limit or self.limit)
        return None if start >= n_rows else _cursor(self.table, start)


def page_of(table: str, limit: int, cursor: str | None) -> Page:
    """The page that a request asks for; raises InvalidRequest for a cursor that is none of this table's."""
    return Page(table, 0 if cursor is None else _start(table, cursor), limit)


def _cursor(table: str, start: int) -> str:
    place = start.to_bytes(WIDTH, "big")
    return base64.urlsafe_b64encode(place + _seal(table, place)).decode().rstrip("=")


def _start(table: str, cursor: str) -> int:
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    place = content[:WIDTH]
    if len(content) != WIDTH + SEAL or content[WIDTH:] != _seal(table, place):
        message = "This is no cursor of this table: take `next` as it came, with the same fit and parameters."
        raise InvalidRequest(message, Fault(message, pointer="/cursor"))
    return int.from_bytes(place, "big")


def _seal(table: str, place: bytes) -> bytes:
    return hashlib.sha256(table.encode() + b"\0" + place).digest()[:SEAL]
