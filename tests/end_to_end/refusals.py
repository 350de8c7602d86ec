"""A bad request with the refusal it must get, and short ways to write both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

FORMULA = "y ~ x + (1 | g)"
COLUMNS: dict[str, list[float] | list[int] | list[str]] = {
    "y": [1.0, 2.5, 2.0, 4.5, 3.0, 5.5],
    "x": [1, 2, 3, 4, 5, 6],
    "g": ["a", "a", "b", "b", "c", "c"],
}
CSV = "y,x,g\n1.0,1,a\n2.5,2,a\n2.0,3,b\n4.5,4,b\n3.0,5,c\n5.5,6,c\n"
"""The same table."""

STATUS = {
    "malformed_http": 400,
    "malformed_body": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "formula_syntax": 422,
    "unknown_column": 422,
    "unknown_function": 422,
    "wrong_type": 422,
    "column_lengths_differ": 422,
    "not_finite": 422,
    "no_observations": 422,
    "too_few_groups": 422,
    "all_singletons": 422,
    "too_many_parameters": 422,
    "missing_values": 422,
    "unsupported_model": 422,
}
"""What the contract promises."""

Place = dict[str, str | int]
"""A place of a problem, without its message and what it has none of: pointer, column, row, position."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, to be sent as it stands."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = "/v1/fits"
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Refused:
    """A bad request, the code it is refused with, a part of the problem's detail, and its first place."""

    what: str
    request: Request
    code: str
    detail: str
    place: Place = field(default_factory=dict)


def text(body: str | bytes, path: str = "/v1/fits", **headers: str) -> Request:
    """A request whose body is this text and said to be JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(_bytes(body), {"Content-Type": "application/json"} | named, path)


def data(value: object) -> Request:
    """The good formula with these data."""
    return text(json.dumps({"formula": FORMULA, "data": value}))


def columns(**replaced: object) -> Request:
    """The good request, with some columns replaced or added."""
    return data(COLUMNS | replaced)


def cell(literal: str) -> Request:
    """The good request, with this in row 2 of `x`."""
    body = json.dumps({"formula": FORMULA, "data": COLUMNS | {"x": [1, 2, "here", 4, 5, 6]}})
    return text(body.replace('"here"', literal))


def options(replaced: dict[str, object] | None = None, /, **asked: object) -> Request:
    """The good request with these options, and with columns replaced or added."""
    return text(json.dumps({"formula": FORMULA, "data": COLUMNS | (replaced or {})} | asked))


def several(formulas: object, **asked: object) -> Request:
    """The good data with these formulas, in place of one."""
    return text(json.dumps({"data": COLUMNS, "formulas": formulas, **asked}))


def formula(written: str, **replaced: object) -> Request:
    """The good data, with some columns replaced or added, and this formula."""
    return text(json.dumps({"formula": written, "data": COLUMNS | replaced}))


def table(body: str | bytes, media_type: str = "text/csv", **asked: str) -> Request:
    """A bare table with the good formula and these options in the query."""
    query = urlencode({"formula": FORMULA} | asked, quote_via=quote)
    return Request(_bytes(body), {"Content-Type": media_type}, f"/v1/fits?{query}")


def part(name: str, content: str | bytes, file: str | None = None, media_type: str | None = None) -> bytes:
    """A part of a form."""
    head = f'Content-Disposition: form-data; name="{name}"'
    head += "" if file is None else f'; filename="{file}"'
    head += "" if media_type is None else f"\r\nContent-Type: {media_type}"
    return f"--b\r\n{head}\r\n\r\n".encode() + _bytes(content) + b"\r\n"


def form(*parts: bytes, end: bytes = b"--b--\r\n", boundary: str = "; boundary=b", path: str = "/v1/fits") -> Request:
    """A form of these parts."""
    return Request(b"".join(parts) + end, {"Content-Type": f"multipart/form-data{boundary}"}, path)


def at(pointer: str | None = None, **rest: str | int) -> Place:
    """A place: a pointer, and whichever of `column`, `row` and `position` it has."""
    return rest if pointer is None else {"pointer": pointer, **rest}


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
