import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.quoting import excerpt

EXCERPTS = {
    "floor": "floor",
    "a" * 40: "a" * 40,
    "a" * 41: "a" * 39 + "…",
    "a\nb\x1b": r"a\nb\x1b",
    "": "",
    "é 😀": "é 😀",
}


@pytest.mark.parametrize(("text", "shown"), EXCERPTS.items())
def test_shows_what_is_short_and_printable(text: str, shown: str) -> None:
    assert excerpt(text) == shown


@given(st.text())
def test_is_always_short_and_printable(text: str) -> None:
    assert len(excerpt(text)) <= 40
    assert excerpt(text).isprintable()
