import gzip
import time
from pathlib import Path

import pytest

from service.data.inflate import read_body
from service.data.limits import Limits
from service.errors import ServiceError

LIMITS = Limits(max_bytes=1_000_000, max_rows=1, max_columns=1)
TEXT = b"y,x\n1,2\n" * 20_000
WHOLE = gzip.compress(TEXT)

GOOD = {
    "plain": ("", TEXT, TEXT),
    "identity": ("identity", TEXT, TEXT),
    "gzip": ("gzip", WHOLE, TEXT),
    "any case": (" GZip ", WHOLE, TEXT),
    "its old name": ("x-gzip", WHOLE, TEXT),
    "two members": ("gzip", WHOLE + gzip.compress(b"more"), TEXT + b"more"),
    "of nothing": ("gzip", gzip.compress(b""), b""),
    "stored, so larger than a step": ("gzip", gzip.compress(TEXT, 0), TEXT),
}

BAD = {
    "another coding": ("br", WHOLE, "unsupported_media_type", "send gzip"),
    "two codings": ("gzip, gzip", WHOLE, "unsupported_media_type", "send gzip"),
    "not gzip": ("gzip", TEXT, "malformed_body", "damaged or cut short"),
    "empty": ("gzip", b"", "malformed_body", "damaged or cut short"),
    "cut short": ("gzip", WHOLE[:-1], "malformed_body", "damaged or cut short"),
    "cut in the second member": ("gzip", WHOLE + WHOLE[:30], "malformed_body", "damaged or cut short"),
    "rubbish after the end": ("gzip", WHOLE + b"rubbish", "malformed_body", "damaged or cut short"),
    "wrong checksum": ("gzip", WHOLE[:-8] + bytes(4) + WHOLE[-4:], "malformed_body", "damaged or cut short"),
    "nothing but tiny members": ("gzip", gzip.compress(b"") * 40_000, "malformed_body", "more than 1000 members"),
    "too large": ("", bytes(1_000_001), "body_too_large", "1000000 bytes"),
}


@pytest.mark.parametrize(("coding", "body", "content"), GOOD.values(), ids=GOOD.keys())
def test_gives_back_what_was_meant(tmp_path: Path, coding: str, body: bytes, content: bytes) -> None:
    (tmp_path / "body").write_bytes(body)
    assert read_body(tmp_path / "body", coding, LIMITS) == content


@pytest.mark.parametrize(("coding", "body", "code", "says"), BAD.values(), ids=BAD.keys())
def test_refuses(tmp_path: Path, coding: str, body: bytes, code: str, says: str) -> None:
    (tmp_path / "body").write_bytes(body)
    with pytest.raises(ServiceError) as caught:
        read_body(tmp_path / "body", coding, LIMITS)
    assert caught.value.code == code
    assert says in caught.value.detail


def test_what_shrinks_as_no_table_does_is_left_before_the_limit(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(gzip.compress(bytes(100_000_000), 9))
    with pytest.raises(ServiceError) as caught:
        read_body(tmp_path / "body", "gzip", Limits(10**9, 10**9, 10**3))
    assert caught.value.code == "body_too_large"
    assert "more than 200 times" in caught.value.detail


def test_a_table_of_repeated_values_is_inflated(tmp_path: Path) -> None:
    table = b"1.5,a\n" * 2_000_000
    (tmp_path / "body").write_bytes(gzip.compress(table, 9))
    assert read_body(tmp_path / "body", "gzip", Limits(10**9, 10**9, 10**3)) == table


def test_a_bomb_is_left_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(gzip.compress(bytes(100_000_000), 1))
    began = time.process_time()
    with pytest.raises(ServiceError) as caught:
        read_body(tmp_path / "body", "gzip", LIMITS)
    assert caught.value.code == "body_too_large"
    # Inflating all of it takes some 200 ms, and inflating a megabyte 2 ms.
    assert time.process_time() - began < 0.1
