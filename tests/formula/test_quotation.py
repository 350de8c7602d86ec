"""Names in backticks: read with R's escapes, written so that they read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import FormulaSyntax
from service.formula.quotation import in_backticks, read_quotation

NAMES = {
    "`pct of total`": "pct of total",
    r"`a\`b`": "a`b",
    r"`a\\b`": r"a\b",
    r"`a\nb\tc`": "a\nb\tc",
    r"`\x41\u00e9\u{e9}\U0001f600`": "Aéé\U0001f600",
    "`a'b\"c`": "a'b\"c",
    "`a\nb`": "a\nb",
    r"`\u202e`": "\u202e",
}

REFUSED = [
    ("`", 0, "The quotation that ``` opens here is not closed."),
    ("`abc", 0, "The quotation that ``` opens here is not closed."),
    ("'abc`", 0, "The quotation that `'` opens here is not closed."),
    ("`abc\\`", 0, "The quotation that ``` opens here is not closed."),
    ("``", 0, "A name in backticks cannot be empty."),
    (r"`a\qb`", 2, r"No escape of R starts like this; a backslash itself is `\\`."),
    (r"`\xg`", 1, r"No escape of R starts like this; a backslash itself is `\\`."),
    (r"`\U00110000`", 1, r"No escape of R starts like this; a backslash itself is `\\`."),
    ("`a\\", 2, r"No escape of R starts like this; a backslash itself is `\\`."),
    (r"`\0`", 1, "U+0000 is no character of a name or text."),
    (r"`\ud800`", 1, "U+D800 is no character of a name or text."),
    ("`\ud800`", 1, "U+D800 is no character of a name or text."),
    ("`a\x07`", 2, "The invisible U+0007 needs an escape."),
    ("`a\u202eb`", 2, "The invisible U+202E (right-to-left override) needs an escape."),
]


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_name_is_read(text: str, name: str) -> None:
    assert read_quotation(text, 0) == (name, len(text))


@pytest.mark.parametrize(("text", "position", "message"), REFUSED)
def test_refused(text: str, position: int, message: str) -> None:
    with pytest.raises(FormulaSyntax) as caught:
        read_quotation(text, 0)
    assert [(fault.position, fault.message) for fault in caught.value.faults] == [(position, message)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_every_name_reads_back(name: str) -> None:
    quoted = in_backticks(name)
    assert read_quotation(quoted, 0) == (name, len(quoted))
