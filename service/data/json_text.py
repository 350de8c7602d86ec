"""From JSON text to values, with every failure an error that says where."""

import re
from typing import Any, NoReturn, TypeAlias

import msgspec

from service.errors import Fault, MalformedBody, NotFinite
from service.quoting import excerpt, pointer_to

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""What JSON text decodes to."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8 text; RFC 8259 lets a reader ignore it."""

TABLE, DATA = "data", "/data"
"""The member of a request that is its table, whose own members are columns, or its items rows; and where it stands."""

_MEMBER_NAME = re.compile(rb'[\s{,]*("(?:[^"\\]++|\\.)*+")\s*:\s*', re.DOTALL)
_MEMBER_NAME_LAST = re.compile(rb'("(?:[^"\\]|\\.)*")\s*:\s*\Z', re.DOTALL)
_LONGEST_NAME = 1000
_CONSTANT = re.compile(r"NaN and Infinity are not JSON \(byte (\d+)\)")
_AFTER_MEMBER = re.compile(rb"\s*[,}]")
_PARSERS_WORDS = re.compile(r"malformed: (?P<what>.+) \(byte (?P<byte>\d+)\)")


def members(text: bytes, pointer: str = "") -> dict[str, msgspec.Raw]:
    """The members of the JSON object in `text`, by name, each still as text.

    Raises `MalformedBody` for text that is not JSON and for a name that stands twice, which parsers would let pass.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError) as failure:
        refuse(failure, text, pointer)
    repeated = _repeated_name(text, found)
    if repeated is not None:
        message = f"`{excerpt(repeated)}` stands twice in one JSON object."
        raise MalformedBody(message, Fault(message, pointer=pointer_to(pointer, repeated)))
    return found


def _repeated_name(text: bytes, found: dict[str, msgspec.Raw]) -> str | None:
    """The first name that stands twice, or None.

    The parser keeps the place of a name's first member and the value of its last. Walking through the text and the
    parsed members in step, the first repeated name is where the value differs, or where another name stands: one that
    was there before.
    """
    position = 0
    for name, value in found.items():
        written = bytes(value)
        head = _MEMBER_NAME.match(text, position)
        if head is not None and (other := _text(head[1])) != name:
            return other
        if head is None or not text.startswith(written, head.end()):
            return name
        position = head.end() + len(written)
        if not _AFTER_MEMBER.match(text, position):
            return name
    left_over = _MEMBER_NAME.match(text, position)
    return _text(left_over[1]) if left_over else None


def _text(written: bytes) -> str:
    """The text that a JSON string stands for."""
    return msgspec.json.decode(written, type=str)


def decode(text: bytes | msgspec.Raw, pointer: str = "", *, column: str | None = None) -> Json:
    """The value of JSON text, which may be that of a `column`'s cells.

    Raises `MalformedBody`, and `NotFinite` for a number too large, with the place of the cell as far as it is known.
    """
    try:
        value: Json = msgspec.json.decode(text)
    except (ValueError, RecursionError) as failure:
        refuse(failure, bytes(text), pointer, column)
    return value


def decode_object(text: bytes, pointer: str = "") -> dict[str, Json]:
    """The values of the JSON object in `text` by name; raises as `members` and `decode`.

    In the columns of a table, too, no name may stand twice.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    try:
        values: dict[str, Json] = msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        # Decoded one by one, the wrong one is known.
        return {name: _decode_member(value, pointer, name) for name, value in members(text, pointer).items()}
    inner = [value for value in values.values() if isinstance(value, dict)]
    # Every member has a colon: with no more of them than names, none stands twice.
    if _stands_more_often(b":", len(values) + sum(map(len, inner)), text):
        written = members(text, pointer)
        if isinstance(values.get(TABLE), dict):
            members(bytes(written[TABLE]), DATA)
    return values


def _stands_more_often(byte: bytes, times: int, text: bytes) -> bool:
    """Whether a byte stands in the text more than so many times; to find it is faster than to count it."""
    place = -1
    for _ in range(times + 1):
        place = text.find(byte, place + 1)
        if place < 0:
            return False
    return True


def _decode_member(text: msgspec.Raw, pointer: str, name: str) -> Json:
    """The value of a member of the object at `pointer`."""
    place, written = pointer_to(pointer, name), bytes(text)
    if place == DATA and written.startswith(b"{"):
        return decode_object(written, DATA)
    return decode(written, place, column=name if pointer == DATA else None)


def refuse(failure: Exception, text: bytes, pointer: str, column: str | None = None) -> NoReturn:
    """Raise the error for what the parser said of this text."""
    message = _explanation(failure, text)
    place = re.search(r"at `\$\[(\d+)\]", str(failure))
    row = int(place[1]) if place else None
    if row is not None:
        pointer = pointer_to(pointer, row)
    elif (constant := _CONSTANT.search(message)) is not None:
        column, row = _cell_at(text, int(constant[1]), pointer)
        if column is not None and row is not None:
            pointer = pointer_to(DATA, column, row)
    error = NotFinite if "out of range" in str(failure) else MalformedBody
    name = None if column is None else excerpt(column)
    raise error(message, Fault(message, pointer=pointer or None, column=name, row=row)) from None


def _cell_at(text: bytes, byte: int, pointer: str) -> tuple[str | None, int | None]:
    """The column and the row of the cell at this byte of the object at `pointer`, as far as they can be told."""
    start = text.rfind(b"[", 0, byte)
    named = _MEMBER_NAME_LAST.search(text[max(0, start - _LONGEST_NAME) : start]) if start >= 0 else None
    if named is None:
        return None, None
    # Had the object ended with this cell, it would be well-formed, and the cell stand in what it has last.
    until, ends = text[:byte].removesuffix(b"-") + b"0]", b"}" if pointer == DATA else b"}}"
    try:
        found = msgspec.json.decode(until + ends, type=dict[str, msgspec.Raw])
        cells = msgspec.json.decode(until[start:], type=list[msgspec.Raw])
    except ValueError:
        return None, None
    if pointer != DATA and next(reversed(found)) != TABLE:
        return None, None
    return _text(named[1]), len(cells) - 1


def _explanation(failure: Exception, text: bytes) -> str:
    if isinstance(failure, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(failure, UnicodeDecodeError):
        return "The JSON is not UTF-8."
    if isinstance(failure, msgspec.ValidationError):
        if "out of range" in str(failure):
            return (
                "The JSON has a number beyond the range of double precision; scale it, or send null if it is missing."
            )
        return "The body must be a JSON object."
    found = _PARSERS_WORDS.search(str(failure))
    if found is None:
        return "The JSON ends too early, or has a broken escape in a string."
    byte = int(found["byte"])
    if text.startswith((b"NaN", b"Infinity"), byte):
        return f"NaN and Infinity are not JSON (byte {byte}); send null for a missing cell."
    return f"The body is not JSON: {found['what']} at byte {byte}."
