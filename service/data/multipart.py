"""From a multipart/form-data body (RFC 7578) to its text fields and its one file, `data`."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import BodyTooLarge, Fault, InvalidRequest, MalformedBody
from service.quoting import excerpt, pointer_to

_MOST_PARTS = 64
_LONGEST_FIELD = 64 * 1024
_LONGEST = {"formulas": 16 * 1024 * 1024}
"""Bytes of a field by its name: a thousand long formulas may be a list in JSON."""


@dataclass(frozen=True, slots=True)
class DataPart:
    """The table as it was sent, with what the sender said of it; the file name is a hint, never a path."""

    content: bytes
    content_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Form:
    """Text fields in the order they were sent, repeats included, and the part called `data`."""

    fields: tuple[tuple[str, str], ...]
    data: DataPart | None


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


class _Parts:
    """The parts of a body, gathered as the parser announces them."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.complete = False
        self._header_name = bytearray()
        self._header_value = bytearray()

    def begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise _malformed(f"The form has more than {_MOST_PARTS} parts.")
        self.parts.append(_Part())

    def header_name(self, text: bytes, start: int, end: int) -> None:
        self._header_name += text[start:end]

    def header_value(self, text: bytes, start: int, end: int) -> None:
        self._header_value += text[start:end]

    def header_end(self) -> None:
        self.parts[-1].headers[self._header_name.decode("latin-1").lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def content(self, text: bytes, start: int, end: int) -> None:
        self.parts[-1].content += text[start:end]

    def end(self) -> None:
        self.complete = True


def read_form(content: bytes, boundary: bytes | None) -> Form:
    """The form in a body whose parts are divided by `boundary`.

    Raises `MalformedBody` for a body that is not so divided or is cut short, `BodyTooLarge` for a field that is longer
    than one may be, `InvalidRequest` for a second `data` and for a file of another name.
    """
    fields: list[tuple[str, str]] = []
    data: DataPart | None = None
    for part in _parts(content, boundary):
        name, file_name = _names(part)
        if name == "data":
            if data is not None:
                raise InvalidRequest("The form has two parts called `data`.", Fault("two parts", pointer="/data"))
            content_type = part.headers.get("content-type", b"").decode("latin-1")
            data = DataPart(bytes(part.content), content_type, file_name or "")
        elif file_name is not None:
            message = f"The form has a file called `{excerpt(name)}`; the only file may be `data`."
            raise InvalidRequest(message, Fault(message, pointer=pointer_to("", name)))
        else:
            fields.append((name, _text(name, part.content)))
    return Form(tuple(fields), data)


def _parts(content: bytes, boundary: bytes | None) -> list[_Part]:
    if not boundary:
        raise _malformed("The Content-Type multipart/form-data has no boundary.")
    gathered = _Parts()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": gathered.begin,
                "on_header_field": gathered.header_name,
                "on_header_value": gathered.header_value,
                "on_header_end": gathered.header_end,
                "on_part_data": gathered.content,
                "on_end": gathered.end,
            },
        )
        parser.write(content)
    except FormParserError:
        raise _malformed("The body is not divided into parts as its Content-Type says.") from None
    if not gathered.complete:
        raise _malformed("The form is cut short: its last boundary is missing.")
    return gathered.parts


def _names(part: _Part) -> tuple[str, str | None]:
    """The name of a part, and the name of its file if it is one."""
    disposition, parameters = parse_options_header(part.headers.get("content-disposition", b""))
    name = parameters.get(b"name")
    if disposition != b"form-data" or not name:
        raise _malformed("A part of the form has no name.")
    file_name = parameters.get(b"filename")
    return name.decode("utf-8", "replace"), None if file_name is None else file_name.decode("utf-8", "replace")


def _text(name: str, content: bytearray) -> str:
    longest = _LONGEST.get(name, _LONGEST_FIELD)
    if len(content) > longest:
        raise BodyTooLarge(f"The field `{excerpt(name)}` is longer than {longest} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _malformed(f"The field `{excerpt(name)}` is not UTF-8.") from None


def _malformed(message: str) -> MalformedBody:
    return MalformedBody(message, Fault(message))
