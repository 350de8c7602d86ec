"""From the body of a request, in any form the contract allows, to a `Payload`: its options and its data."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.data.arrow_table import read_arrow
from service.data.csv_table import read_csv
from service.data.inflate import is_plain, read_body, size_of
from service.data.json_table import json_table, read_json
from service.data.json_text import TABLE, Json, decode_object
from service.data.limits import Limits
from service.data.media_type import FORM, FORMATS, JSON, Format, MediaType, format_of_file, media_type
from service.data.multipart import read_form
from service.data.options import options_of_query, options_of_text
from service.data.parquet_rows import ParquetRows
from service.data.parquet_table import open_parquet, parquet_table
from service.data.table import Rows, Table
from service.errors import Fault, InvalidRequest, UnsupportedMediaType

_READERS = {
    Format.JSON: read_json,
    Format.CSV: read_csv,
    Format.ARROW: read_arrow,
}

_BEGINNING = 64
"""Bytes that tell one format from another."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What was sent: `options` (the formula among them) as plain JSON values, unjudged, and the data.

    The data are the rows themselves in `table`, or the name or id in `dataset` of rows kept elsewhere; the other of
    the two is None. `rows` are those of the table in batches, None where the format has to be read as a whole; they are
    read from the body's file, which must stay until they are no longer needed.
    """

    options: Mapping[str, Json]
    table: Table | None
    dataset: str | None
    rows: Rows | None = None


def read_payload(
    body: bytes | Path,
    content_type: str,
    content_encoding: str,
    query: str,
    limits: Limits,
    *,
    folder: Path | None = None,
) -> Payload:
    """The payload of a body, or of that in a file, with the request's headers ("" if absent) and query.

    `folder`, if there is one, is for what memory is not to hold.

    Raises what the readers of its formats raise, `UnsupportedMediaType` if there is none, and `InvalidRequest` unless
    exactly one of `data` and `dataset` is given.
    """
    media = media_type(content_type)
    if media.name != FORM and media.name not in FORMATS:
        message = f"The Content-Type must be one of {', '.join([*FORMATS, FORM])}."
        raise UnsupportedMediaType(message, Fault(message))
    options = options_of_query(query)
    reader = _Reader(limits, folder)
    if media.name not in (JSON, FORM):
        return reader.body(options, FORMATS[media.name], body, content_encoding)
    content = read_body(body, content_encoding, limits)
    if options:
        raise InvalidRequest("The options of a JSON body or a form stand in the body, not in the query.")
    return reader.json(content) if media.name == JSON else reader.form(content, media)


def read_file(path: Path, options: Iterable[tuple[str, str]]) -> Payload:
    """The payload of a file on this machine, compressed by gzip if its name says so, with options as in a query."""
    reader = _Reader(Limits(max_bytes=sys.maxsize, max_rows=sys.maxsize, max_columns=sys.maxsize), folder=None)
    if path.suffix.lower() == ".gz":
        content = read_body(path, "gzip", reader.limits)
        form = format_of_file("", path.stem, content[:_BEGINNING])
        return reader.content(options_of_text(options), form, content)
    with path.open("rb") as file:
        form = format_of_file("", path.name, file.read(_BEGINNING))
    return reader.body(options_of_text(options), form, path, "")


@dataclass(frozen=True, slots=True)
class _Reader:
    """The reading of a request within limits; `folder`, if there is one, is for what memory is not to hold."""

    limits: Limits
    folder: Path | None

    def body(self, options: dict[str, Json], form: Format, body: bytes | Path, content_encoding: str) -> Payload:
        """The payload of options and a body that is a table; Parquet is read where it lies."""
        if form is Format.PARQUET and is_plain(content_encoding):
            self.limits.admit_bytes(size_of(body))
            return self.parquet(options, body)
        return self.content(options, form, read_body(body, content_encoding, self.limits))

    def content(self, options: dict[str, Json], form: Format, content: bytes) -> Payload:
        """The payload of options and the bytes of a table."""
        if form is Format.PARQUET:
            return self.parquet(options, content)
        return _payload(options, _READERS[form](content, self.limits))

    def parquet(self, options: dict[str, Json], source: Path | bytes) -> Payload:
        """The payload of options and Parquet."""
        file = open_parquet(source, self.limits)
        return _payload(options, parquet_table(file, self.limits), ParquetRows(file, self.folder))

    def json(self, content: bytes) -> Payload:
        """The payload of a body of JSON."""
        options = decode_object(content)
        data = options.pop(TABLE, None)  # null is as good as nothing, as for `dataset`
        return _payload(options, None if data is None else json_table(data, self.limits))

    def form(self, content: bytes, media: MediaType) -> Payload:
        """The payload of a form."""
        form = read_form(content, media.parameters.get("boundary"))
        options = options_of_text(form.fields)
        if form.data is None:
            return _payload(options, None)
        file = form.data
        return self.content(options, format_of_file(file.content_type, file.file_name, file.content), file.content)


def _payload(options: dict[str, Json], table: Table | None, rows: Rows | None = None) -> Payload:
    """The payload, once it is sure that it has data, and only one kind."""
    dataset = options.pop("dataset", None)
    if dataset is not None and not isinstance(dataset, str):
        raise InvalidRequest("`dataset` must be a name.", Fault("not a name", pointer="/dataset"))
    if (table is None) == (dataset is None):
        message = "Send either `data` or `dataset`" + (", not both." if dataset is not None else ".")
        raise InvalidRequest(message, Fault(message, pointer="/data"))
    return Payload(options, table, dataset, rows)
