"""Pages follow each other, and a cursor is good for the table that gave it alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.contract import page_of
from service.errors import InvalidRequest


@given(n_rows=st.integers(1, 500), limit=st.integers(1, 200), most=st.one_of(st.none(), st.integers(1, 50)))
def test_pages_cover_a_table_without_gap_or_overlap(n_rows: int, limit: int, most: int | None) -> None:
    page, start = page_of("fit/rows", limit, None), 0
    while True:
        assert page.start == start
        cursor = page.after(n_rows, most)
        start += min(limit, most or limit)
        if cursor is None:
            break
        page = page_of("fit/rows", limit, cursor)
    assert start >= n_rows


def test_a_page_may_have_another_size_than_the_one_before() -> None:
    cursor = page_of("fit/rows", 10, None).after(100)
    page = page_of("fit/rows", 3, cursor)
    assert (page.start, page.limit) == (10, 3)


@given(st.one_of(st.text(max_size=64), st.binary(max_size=30).map(lambda content: content.hex())))
def test_rubbish_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        page_of("fit/rows", 10, cursor)
    assert [fault.pointer for fault in caught.value.faults] == ["/cursor"]
    assert cursor not in caught.value.detail or len(cursor) < 8  # shorter ones may be part of a word


def test_a_cursor_of_another_table_is_none() -> None:
    cursor = page_of("fit/rows", 10, None).after(100)
    for table in ("fit/groups", "other/rows", "fit/rows/"):
        with pytest.raises(InvalidRequest, match="no cursor of this table"):
            page_of(table, 10, cursor)


def test_a_cursor_fits_into_an_address() -> None:
    cursor = page_of("fit/rows", 10**9, None).after(10**12)
    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()
