"""Which bodies a resource reads: a Content-Type is accepted or refused before a byte of the body is read."""

from service.errors import UnsupportedMediaType

JSON = "application/json"
FORM = "multipart/form-data"
CSV = "text/csv"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"

TABLES = (CSV, ARROW_STREAM, ARROW_FILE, PARQUET)
FIT_BODIES = (JSON, FORM, *TABLES)
FORMULA_BODIES = (JSON,)
DOCUMENT_BODIES = (JSON,)
ROW_BODIES = FIT_BODIES

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
