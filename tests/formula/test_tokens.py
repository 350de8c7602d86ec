"""The words of a formula, character by character."""

import pytest

from service.errors import FormulaSyntax
from service.formula.tokens import tokenise

WORDS = {
    "y~x+(1|g)": "y ~ x + ( 1 | g )",
    "  y \t~\n x\u00a0": "y ~ x",
    "\ufeffy ~ x # a comment ~ (": "y ~ x",
    "y ~ # first\n x": "y ~ x",
    "a%in%b %% c %/% d": "a %in% b %% c %/% d",
    "a||b|c": "a || b | c",
    "a**b*c": "a ** b * c",
    "a<-b<=c<d": "a <- b <= c < d",
    "lme4::lmer": "lme4 :: lmer",
    "x.y .z a_b x1 .": "x.y .z a_b x1 .",
    "1 1. .5 1e-3 1E+5 2L 0x1F 0X10L": "1 1. .5 1e-3 1E+5 2L 0x1F 0X10L",
    "\u00e9t\u00e9+\u6c34\u4f4d*\u0939\u093f": "\u00e9t\u00e9 + \u6c34\u4f4d * \u0939\u093f",
    "y \u223c x \u2212 1": "y ~ x - 1",
    "y \u02dc x\u02c62 \u2013 (1 \uff5c g)": "y ~ x ^ 2 - ( 1 | g )",
    "`pct of total`+`a#b`": "pct of total + a#b",
}

DIGIT_FIRST = "A name cannot start with a digit unless it stands in backticks: `` `2nd year` ``."

REFUSED = [
    ("y ~ x\0", 5, "Unexpected character U+0000."),
    ("y ~ x\x1c", 5, "Unexpected character U+001C."),
    ("y ~ \x07x", 4, "Unexpected character U+0007."),
    ("y ~ \ud800", 4, "Unexpected character U+D800."),
    ("y ~ x\u202e", 5, "Unexpected character U+202E (right-to-left override)."),
    ("y ~ x\u200b", 5, "Unexpected character U+200B (zero width space)."),
    ("y ~ \U0001f600", 4, "Unexpected character U+1F600 (grinning face)."),
    ("y ~ x \u2014 1", 6, "Unexpected character U+2014 (em dash)."),
    ("y ~ x\u00b2", 5, "A power is written `I(x^2)`."),
    ("y ~ a \u00d7 b", 6, "A formula has no multiplication sign; an interaction is written `*` or `:`."),
    ("y ~ \u201cx\u201d", 4, "Typographic quotes are no quotes; a name with blanks stands in backticks."),
    ("y ~ 2x", 4, DIGIT_FIRST),
    ("y ~ 0x", 4, DIGIT_FIRST),
    ("y ~ 1i", 4, DIGIT_FIRST),
    ("y ~ _x", 4, "A name cannot start with `_` unless it stands in backticks."),
    ("y ~ x % z", 6, "`%` is not an operator; those with percent signs are `%in%` and, inside calls, `%%` and `%/%`."),
    ("y ~ x?", 5, "Unexpected character `?`."),
    ("y ~ " + "(" * 41 + "x", 44, "Parentheses are nested more than 40 deep."),
    ("y ~ " + "x" * 9997, 10_000, "The formula is longer than 10,000 characters."),
]


@pytest.mark.parametrize(("text", "words"), WORDS.items())
def test_words(text: str, words: str) -> None:
    assert " ".join(token.text for token in tokenise(text)).rstrip() == words


def test_kinds_and_positions() -> None:
    found = [(token.kind, token.text, token.position) for token in tokenise(" y ~ `a b` + 2L + 'z'  # end")]
    assert found == [
        ("name", "y", 1),
        ("operator", "~", 3),
        ("backticked", "a b", 5),
        ("operator", "+", 11),
        ("number", "2L", 13),
        ("operator", "+", 16),
        ("text", "z", 18),
        ("end", "", 21),
    ]


@pytest.mark.parametrize(("text", "position", "message"), REFUSED, ids=[message for _, _, message in REFUSED])
def test_refused(text: str, position: int, message: str) -> None:
    with pytest.raises(FormulaSyntax) as caught:
        tokenise(text)
    assert [(fault.position, fault.message) for fault in caught.value.faults] == [(position, message)]
    caught.value.detail.encode("utf-8")


def test_parentheses_may_be_as_deep_as_the_limit() -> None:
    assert len(tokenise("(" * 40 + "x" + ")" * 40)) == 82
