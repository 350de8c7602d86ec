import pytest

from service.data.multipart import DataPart, read_form
from service.errors import ServiceError


def part(headers: str, content: bytes = b"x") -> bytes:
    return b"--AaB\r\n" + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


def field(name: str, content: bytes = b"x") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', content)


CSV = part('Content-Disposition: form-data; name="data"; filename="a.csv"\r\nContent-Type: text/csv', b"y\r\n--AaC\r\n")
END = b"--AaB--\r\n"

BAD = {
    "empty": (b"", "malformed_body", "cut short"),
    "no parts": (b"y,x\n1,2\n", "malformed_body", "not divided into parts"),
    "another boundary": (b"--other\r\n\r\n", "malformed_body", "not divided into parts"),
    "cut in a header": (b"--AaB\r\nContent-Dis", "malformed_body", "cut short"),
    "cut in a part": (field("formula") + CSV[:-20], "malformed_body", "cut short"),
    "cut before the last boundary": (field("formula") + CSV, "malformed_body", "cut short"),
    "no disposition": (part("Content-Type: text/csv") + END, "malformed_body", "no name"),
    "no name": (part("Content-Disposition: form-data") + END, "malformed_body", "no name"),
    "not form-data": (part('Content-Disposition: file; name="a"') + END, "malformed_body", "no name"),
    "two files": (CSV + CSV + END, "invalid_request", "two parts called `data`"),
    "a file of another name": (
        part('Content-Disposition: form-data; name="upload"; filename="a.csv"') + END,
        "invalid_request",
        "a file called `upload`",
    ),
    "a field that is not UTF-8": (field("formula", b"\xff") + END, "malformed_body", "`formula` is not UTF-8"),
    "a long field": (field("formula", b"x" * 70_000) + END, "body_too_large", "`formula` is longer"),
    "a long list": (field("formulas", b"x" * (2**24 + 1)) + END, "body_too_large", "longer than 16777216 bytes"),
    "many parts": (field("include") * 65 + END, "malformed_body", "more than 64 parts"),
    "many headers": (part("A: b\r\n" * 20 + "C: d") + END, "malformed_body", "not divided into parts"),
    "a long header": (part("A: " + "b" * 10_000) + END, "malformed_body", "not divided into parts"),
}


def test_reads_fields_in_order_and_the_file() -> None:
    form = read_form(field("include", b"a") + CSV + field("include", "é".encode()) + END, b"AaB")
    assert form.fields == (("include", "a"), ("include", "é"))
    assert form.data == DataPart(b"y\r\n--AaC\r\n", "text/csv", "a.csv")


def test_data_may_come_without_a_file_name() -> None:
    assert read_form(field("data", b"y,x\n1,2") + END, b"AaB").data == DataPart(b"y,x\n1,2", "", "")


def test_an_empty_form_is_a_form() -> None:
    assert read_form(END, b"AaB").fields == ()


@pytest.mark.parametrize(("body", "code", "says"), BAD.values(), ids=BAD.keys())
def test_refuses(body: bytes, code: str, says: str) -> None:
    with pytest.raises(ServiceError) as caught:
        read_form(body, b"AaB")
    assert caught.value.code == code
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("boundary", "says"), [(None, "no boundary"), (b"", "no boundary"), (b"a" * 1000, "not divided")]
)
def test_a_boundary_is_needed(boundary: bytes | None, says: str) -> None:
    with pytest.raises(ServiceError, match=says):
        read_form(CSV + END, boundary)
