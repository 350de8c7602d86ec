"""The excerpt under a message: the place, and no more of the user's text than forty characters."""

import pytest

from service.errors import FormulaSyntax
from service.formula import parse
from service.formula.diagnosis import character_name, excerpt, quoted, suggestion


def test_detail_shows_the_place() -> None:
    with pytest.raises(FormulaSyntax) as caught:
        parse("y ~ x z")
    assert caught.value.detail == "Expected an operator such as `+` between `x` and `z`.\n  y ~ x z\n        ^"


@pytest.mark.parametrize("position", [0, 1, 20, 500, 979, 999, 1000])
def test_excerpt_of_a_long_text_is_a_window(position: int) -> None:
    source = "".join(chr(0x4E00 + number) for number in range(1000))
    text, caret = excerpt(source, position).splitlines()
    assert len(text.strip(" …")) == 40
    assert len(caret) - 1 == (len(text.rstrip("…")) if position == 1000 else text.index(source[position]))


def test_excerpt_shows_no_control_characters() -> None:
    assert excerpt("y\n~\t\x1b[31m\ud800\u202e", 4).splitlines()[0] == "  y ~ \ufffd[31m\ufffd\ufffd"


def test_quotes_are_cut() -> None:
    assert quoted("x" * 41) == f"`{'x' * 39}…`"
    assert quoted("x" * 40) == f"`{'x' * 40}`"


def test_characters_are_named() -> None:
    assert [character_name(character) for character in "$é\0"] == [
        "`$`",
        "U+00E9 (latin small letter e with acute)",
        "U+0000",
    ]


def test_suggestions_are_close() -> None:
    assert suggestion("sqr", ["sqrt", "log"]) == "; did you mean `sqrt`?"
    assert suggestion("wibble", ["sqrt", "log"]) == "."
