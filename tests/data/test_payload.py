import gzip
import io
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.data.json_text import Json
from service.data.limits import Limits
from service.data.payload import Payload, read_file, read_payload
from service.errors import ServiceError
from tests.data.tables import LIMITS, cells_of, plain

ROWS = {"y": [1.5, 2.0], "g": ["a", None]}
CSV = b"y,g\n1.5,a\n2,NA\n"
JSON = b'{"y": [1.5, 2], "g": ["a", null]}'
FORMULA = "y ~ 1 + (1 | g)"


def form(*parts: tuple[str, bytes]) -> bytes:
    written = [
        b"--B\r\nContent-Disposition: form-data; " + name.encode() + b"\r\n\r\n" + content + b"\r\n"
        for name, content in parts
    ]
    return b"".join(written) + b"--B--\r\n"


def arrow() -> bytes:
    sink, table = io.BytesIO(), pa.table(ROWS)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(ROWS), sink)
    return sink.getvalue()


class Sent(NamedTuple):
    content_type: str
    body: bytes
    query: str = ""
    coding: str = ""


FORM = "multipart/form-data; boundary=B"
QUERY = "formula=y+~+1+%2B+(1+|+g)&method=ML"

ALIKE = {
    "json": Sent("application/json", b'{"formula": "y ~ 1 + (1 | g)", "method": "ML", "data": %s}' % JSON),
    "records": Sent(
        "application/json",
        b'{"data": [{"y": 1.5, "g": "a"}, {"y": 2}], "method": "ML", "formula": "y ~ 1 + (1 | g)"}',
    ),
    "csv": Sent("text/csv", CSV, QUERY),
    "gzip": Sent("text/csv", gzip.compress(CSV), QUERY, "gzip"),
    "arrow": Sent("application/vnd.apache.arrow.stream", arrow(), QUERY),
    "parquet": Sent("application/vnd.apache.parquet", parquet(), QUERY),
    "parquet, gzip": Sent("application/vnd.apache.parquet", gzip.compress(parquet()), QUERY, "gzip"),
    "form with parquet": Sent(
        FORM,
        form(('name="data"; filename="a"', parquet()), ('name="formula"', FORMULA.encode()), ('name="method"', b"ML")),
    ),
    "form with csv": Sent(
        FORM,
        form(('name="formula"', FORMULA.encode()), ('name="method"', b"ML"), ('name="data"; filename="a.csv"', CSV)),
    ),
    "form with json": Sent(
        FORM,
        form(('name="data"; filename="a"', JSON), ('name="formula"', FORMULA.encode()), ('name="method"', b"ML")),
    ),
}


class Bad(NamedTuple):
    sent: Sent
    code: str
    says: str
    pointer: str | None = None


BAD = {
    "no media type": Bad(Sent("", CSV), "unsupported_media_type", "application/json, text/csv"),
    "another media type": Bad(Sent("application/xml", b"<y/>"), "unsupported_media_type", "multipart/form-data"),
    "another character set": Bad(Sent("text/csv; charset=latin1", CSV), "unsupported_media_type", "UTF-8"),
    "both": Bad(
        Sent("application/json", b'{"data": {"y": [1]}, "dataset": "radon"}'), "invalid_request", "not both", "/data"
    ),
    "both, in query and body": Bad(Sent("text/csv", CSV, "dataset=radon"), "invalid_request", "not both", "/data"),
    "neither": Bad(Sent("application/json", b'{"formula": "y ~ x"}'), "invalid_request", "Send either", "/data"),
    "neither, in a form": Bad(
        Sent(FORM, form(('name="formula"', b"y ~ x"))), "invalid_request", "Send either", "/data"
    ),
    "null": Bad(Sent("application/json", b'{"data": null}'), "invalid_request", "either `data` or", "/data"),
    "a data set that is no name": Bad(
        Sent("application/json", b'{"dataset": 1}'), "invalid_request", "name", "/dataset"
    ),
    "an option twice": Bad(
        Sent("application/json", b'{"method": "ML", "data": {"y": [1]}, "method": "REML"}'),
        "malformed_body",
        "`method` stands twice",
        "/method",
    ),
    "an option out of range": Bad(
        Sent("application/json", b'{"theta": [1e999], "data": {"y": [1]}}'), "not_finite", "range", "/theta/0"
    ),
    "options beside a body that has them": Bad(
        Sent("application/json", b'{"dataset": "radon"}', "method=ML"), "invalid_request", "not in the query"
    ),
    "no object": Bad(Sent("application/json", b"[1]"), "malformed_body", "must be a JSON object"),
    "no boundary": Bad(Sent("multipart/form-data", form()), "malformed_body", "no boundary"),
}


def read(sent: Sent, folder: Path) -> Payload:
    (folder / "body").write_bytes(sent.body)
    return read_payload(folder / "body", sent.content_type, sent.coding, sent.query, LIMITS)


@pytest.mark.parametrize("sent", ALIKE.values(), ids=ALIKE.keys())
def test_every_form_of_body_means_the_same(sent: Sent, tmp_path: Path) -> None:
    payload = read(sent, tmp_path)
    assert payload.table is not None
    assert plain(payload.table) == ROWS
    assert (payload.options, payload.dataset) == ({"formula": FORMULA, "method": "ML"}, None)


@pytest.mark.parametrize(("name", "sent"), ALIKE.items(), ids=ALIKE.keys())
def test_parquet_can_be_read_in_batches_too(name: str, sent: Sent, tmp_path: Path) -> None:
    rows = read(sent, tmp_path).rows
    assert (rows is not None) == ("parquet" in name)
    if rows is not None:
        batches = list(rows.batches(["g", "y"], 1))
        assert [cells_of(batch.columns["g"]) for batch in batches] == [["a"], [None]]
        assert [cells_of(batch.columns["y"]) for batch in batches] == [[1.5], [2.0]]


@pytest.mark.parametrize("name", ["a.parquet", "a", "a.parquet.gz"])
def test_a_file_of_parquet_is_known_by_its_name_or_its_beginning(name: str, tmp_path: Path) -> None:
    content = parquet()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    payload = read_file(tmp_path / name, [("formula", FORMULA)])
    assert payload.rows is not None
    assert payload.table is not None
    assert plain(payload.table) == ROWS


def test_a_body_of_parquet_has_the_limit_of_every_body(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(parquet())
    with pytest.raises(ServiceError) as caught:
        read_payload(tmp_path / "body", "application/vnd.apache.parquet", "", QUERY, Limits(100, 100, 100))
    assert caught.value.code == "body_too_large"


@pytest.mark.parametrize(
    "sent",
    [
        Sent("application/json; charset=utf-8", b'\xef\xbb\xbf{"dataset": "radon", "theta": [0.5]}'),
        Sent(FORM, form(('name="dataset"', b"radon"), ('name="theta"', b"[0.5]"))),
    ],
    ids=["json", "form"],
)
def test_data_may_be_named_instead_of_sent(sent: Sent, tmp_path: Path) -> None:
    payload = read(sent, tmp_path)
    theta: list[Json] = [0.5]
    assert payload == Payload({"theta": theta}, None, "radon")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_refuses_and_says_where(bad: Bad, tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as caught:
        read(bad.sent, tmp_path)
    assert caught.value.code == bad.code
    assert bad.says in caught.value.detail
    assert [fault.pointer for fault in caught.value.faults[:1]] == ([bad.pointer] if caught.value.faults else [])
