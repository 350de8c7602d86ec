"""From JSON text to values, with every failure a `MalformedBody` that says where."""

import re
from typing import NoReturn, TypeAlias

import msgspec

from service.errors import Fault, MalformedBody
from service.quoting import excerpt, pointer_to

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""What JSON text decodes to."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8 text; RFC 8259 lets a reader ignore it."""

_MEMBER_NAME = re.compile(rb'[\s{,]*("(?:[^"\\]++|\\.)*+")\s*:\s*', re.DOTALL)
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
    parsed members in step, the first repeated name is where the value differs, or a member is left at the end.
    """
    position = 0
    for name, value in found.items():
        written = bytes(value)
        head = _MEMBER_NAME.match(text, position)
        if head is None or not text.startswith(written, head.end()):
            return name
        position = head.end() + len(written)
        if not _AFTER_MEMBER.match(text, position):
            return name
    left_over = _MEMBER_NAME.match(text, position)
    return msgspec.json.decode(left_over[1], type=str) if left_over else None


def decode(text: bytes | msgspec.Raw, pointer: str = "") -> Json:
    """The value of JSON text; raises `MalformedBody` with the pointer of the cell at fault, as far as it is known."""
    try:
        value: Json = msgspec.json.decode(text)
    except (ValueError, RecursionError) as failure:
        refuse(failure, bytes(text), pointer)
    return value


def decode_object(text: bytes) -> dict[str, Json]:
    """The values of the JSON object in `text` by name; raises as `members` and `decode`."""
    written = members(text.removeprefix(BYTE_ORDER_MARK))
    return {name: decode(value, pointer_to("", name)) for name, value in written.items()}


def refuse(failure: Exception, text: bytes, pointer: str) -> NoReturn:
    """Raise the `MalformedBody` for what the parser said of this text."""
    message = _explanation(failure, text)
    place = re.search(r"at `\$\[(\d+)\]", str(failure))
    where = pointer_to(pointer, int(place[1])) if place else pointer
    raise MalformedBody(message, Fault(message, pointer=where or None)) from None


def _explanation(failure: Exception, text: bytes) -> str:
    if isinstance(failure, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(failure, UnicodeDecodeError):
        return "The JSON is not UTF-8."
    if isinstance(failure, msgspec.ValidationError):
        if "out of range" in str(failure):
            return "The JSON has a number beyond the range of double precision; send null for a missing cell."
        return "The body must be a JSON object."
    found = _PARSERS_WORDS.search(str(failure))
    if found is None:
        return "The JSON ends too early, or has a broken escape in a string."
    byte = int(found["byte"])
    if text.startswith((b"NaN", b"Infinity"), byte):
        return f"NaN and Infinity are not JSON (byte {byte}); send null for a missing cell."
    return f"The body is not JSON: {found['what']} at byte {byte}."
