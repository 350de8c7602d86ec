"""Which bodies a resource reads, and in which forms it answers: both are known before a byte of a body is read."""

import re
from collections.abc import Iterator

from service.errors import NotAcceptable, UnsupportedMediaType

JSON = "application/json"
FORM = "multipart/form-data"
CSV = "text/csv"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"

TABLES = (CSV, ARROW_STREAM, ARROW_FILE, PARQUET)
FIT_BODIES = (JSON, FORM, *TABLES)
FORMULA_BODIES = (JSON,)
DESIGN_BODIES = (JSON,)
DOCUMENT_BODIES = (JSON,)
ROW_BODIES = FIT_BODIES
TABLE_FORMS = (JSON, CSV, ARROW_STREAM)

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


def accept(content_type: str, readable: tuple[str, ...]) -> None:
    """Nothing, if a body of this Content-Type can be read; raises UnsupportedMediaType, naming what can be."""
    media_type, *parameters = content_type.split(";")
    if media_type.strip().lower() not in readable:
        given = f"{media_type.strip()[:40]!r} is not read here" if content_type else "The request has no Content-Type"
        raise UnsupportedMediaType(f"{given}; send {' or '.join(readable)}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in CHARSETS:
            raise UnsupportedMediaType(f"Text in {charset[:40]!r} is not read here; send UTF-8.")


QUALITY = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")
RANGE = re.compile(r"[\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+", re.ASCII)


def negotiate(accept: str, offered: tuple[str, ...]) -> str:
    """The best of the offered media types for an Accept header (RFC 9110, 12.5.1), the first where it does not mind.

    The most specific range that a type meets decides on it. Raises NotAcceptable if all are refused.
    """
    ranges = list(_ranges(accept))
    if not ranges:
        return offered[0]

    def quality(media_type: str) -> float:
        kind = media_type.partition("/")[0]
        met = {name: q for name, q in ranges if name in (media_type, f"{kind}/*", "*/*")}
        return next((met[name] for name in (media_type, f"{kind}/*", "*/*") if name in met), 0.0)

    best = max(offered, key=quality)
    if not quality(best):
        raise NotAcceptable(f"This comes as {' or '.join(offered)}; Accept allows none of them.")
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """The media ranges of an Accept header with their qualities; an element that is none is passed over."""
    for element in accept.split(","):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        if not RANGE.fullmatch(name):
            continue
        given = [value.strip() for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "q"]
        if all(QUALITY.fullmatch(value) for value in given):
            yield name, float(given[0]) if given else 1.0
