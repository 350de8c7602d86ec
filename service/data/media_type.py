"""From what a sender says of bytes (media type, file name), or the bytes themselves, to the format they are read in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from python_multipart.multipart import parse_options_header

from service.errors import Fault, UnsupportedMediaType
from service.quoting import excerpt


class Format(Enum):
    """A form of table that there is a reader for."""

    JSON = "JSON"
    CSV = "CSV"
    ARROW = "Arrow"
    PARQUET = "Parquet"


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type, in lower case, and its parameters (`charset`, `boundary`)."""

    name: str
    parameters: Mapping[str, bytes]


JSON = "application/json"
FORM = "multipart/form-data"
FORMATS = {
    JSON: Format.JSON,
    "text/csv": Format.CSV,
    "text/tab-separated-values": Format.CSV,
    "application/vnd.apache.arrow.stream": Format.ARROW,
    "application/vnd.apache.arrow.file": Format.ARROW,
    "application/vnd.apache.parquet": Format.PARQUET,
}
"""Formats by media type."""

_ENDINGS = {
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".arrow": Format.ARROW,
    ".arrows": Format.ARROW,
    ".feather": Format.ARROW,
    ".parquet": Format.PARQUET,
}
_BEGINNINGS = {b"PAR1": Format.PARQUET, b"ARROW1": Format.ARROW, b"\xff\xff\xff\xff": Format.ARROW}
_FOREIGN = {
    b"PK\x03\x04": "a spreadsheet or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a gzip archive, perhaps R's .rds,",
}


def media_type(header: str) -> MediaType:
    """The media type of a Content-Type header; raises `UnsupportedMediaType` for a character set other than UTF-8."""
    name, parameters = parse_options_header(header.encode("latin-1", "replace"))
    named = {key.decode("latin-1").lower(): value for key, value in parameters.items()}
    charset = named.get("charset", b"utf-8").decode("latin-1").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        message = f"Text must be UTF-8, not {excerpt(charset)}."
        raise UnsupportedMediaType(message, Fault(message))
    return MediaType(name.decode("latin-1").strip().lower(), named)


def format_of_file(content_type: str, file_name: str, content: bytes) -> Format:
    """The format of an uploaded file: by its media type, else the ending of its name, else how it begins.

    Raises `UnsupportedMediaType` for a file that begins as one we know and cannot read.
    """
    by_type = FORMATS.get(media_type(content_type).name)
    by_name = _ENDINGS.get(PurePath(file_name).suffix.lower())
    return by_type or by_name or _format_by_beginning(content)


def _format_by_beginning(content: bytes) -> Format:
    for beginning, what in _FOREIGN.items():
        if content.startswith(beginning):
            message = f"The data are {what} and cannot be read; send CSV, JSON, Arrow or Parquet."
            raise UnsupportedMediaType(message, Fault(message, pointer="/data"))
    for beginning, found in _BEGINNINGS.items():
        if content.startswith(beginning):
            return found
    return Format.JSON if content[:64].lstrip().startswith((b"{", b"[")) else Format.CSV
