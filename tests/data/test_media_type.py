import gzip

import pytest

from service.data.media_type import Format, format_of_file, media_type
from service.errors import UnsupportedMediaType

HEADERS = {
    "text/csv": "text/csv",
    "Application/JSON; charset=UTF-8": "application/json",
    'text/csv; charset="us-ascii"; header=present': "text/csv",
    "": "",
    "naïve/ü; x=é": "naïve/ü",
}

FILES = [
    ("text/csv", "x.parquet", b"{}", Format.CSV),
    ("application/octet-stream", "../../etc/x.PARQUET", b"", Format.PARQUET),
    ("application/octet-stream", "C:\\data\\x.feather", b"", Format.ARROW),
    ("application/vnd.ms-excel", "x.csv", b"y,x", Format.CSV),
    ("text/plain", "x.txt", b"\n [1]", Format.JSON),
    ("", "", b'{"y": [1]}', Format.JSON),
    ("", "", b"PAR1...", Format.PARQUET),
    ("", "", b"ARROW1..", Format.ARROW),
    ("", "", b"\xff\xff\xff\xff", Format.ARROW),
    ("", "noend", b"y,x\n1,2", Format.CSV),
]


@pytest.mark.parametrize(("header", "name"), HEADERS.items())
def test_reads_a_content_type(header: str, name: str) -> None:
    assert media_type(header).name == name


def test_keeps_parameters() -> None:
    assert media_type('multipart/form-data; Boundary="a b"').parameters == {"boundary": b"a b"}


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", '"windows-1252"'])
def test_text_that_is_not_utf_8_is_refused(charset: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="must be UTF-8"):
        media_type(f"text/csv; charset={charset}")


@pytest.mark.parametrize(("content_type", "name", "content", "expected"), FILES)
def test_finds_the_format_of_a_file(content_type: str, name: str, content: bytes, expected: Format) -> None:
    assert format_of_file(content_type, name, content) is expected


@pytest.mark.parametrize("content", [b"PK\x03\x04...", gzip.compress(b"y,x"), b"\xd0\xcf\x11\xe0..."])
def test_known_strangers_are_named(content: bytes) -> None:
    with pytest.raises(UnsupportedMediaType, match="cannot be read; send CSV"):
        format_of_file("application/octet-stream", "book.xlsx", content)
