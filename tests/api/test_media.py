"""Which form an answer has, by the Accept header (RFC 9110, 12.5.1)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.media import ARROW_STREAM, CSV, JSON, TABLE_FORMS, negotiate
from service.errors import NotAcceptable


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/csv", CSV),
        ("Text/CSV; header=present", CSV),
        ("application/vnd.apache.arrow.stream", ARROW_STREAM),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/csv;q=0.5, application/json;q=0.1", CSV),
        ("text/csv;q=0.5, application/json", JSON),
        ("application/json;q=0, */*", CSV),
        ("application/*;q=0.2, text/csv;q=0.1", JSON),
        ("application/json;q=0.2, application/*;q=0.3", ARROW_STREAM),
        ("text/csv ; Q=1.000", CSV),
        # What is no media range is passed over.
        ("csv, ,;q=1, text/csv", CSV),
        ("text/csv;q=2", JSON),
        ("text/csv;q=high, application/json;q=0.1", JSON),
    ],
)
def test_the_form_that_is_liked_best(accept: str, form: str) -> None:
    assert negotiate(accept, TABLE_FORMS) == form


@pytest.mark.parametrize("accept", ["image/png", "text/html, image/*", "*/*;q=0", "text/csv;q=0.0, application/xml"])
def test_none_of_the_forms(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/json or text/csv or"):
        negotiate(accept, TABLE_FORMS)


@given(st.text(max_size=80))
def test_any_text_is_answered_or_refused(accept: str) -> None:
    with suppress(NotAcceptable):
        assert negotiate(accept, TABLE_FORMS) in TABLE_FORMS
