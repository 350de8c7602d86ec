"""What is wrong with a formula, and where: a text, a position and a sentence in, an error with an excerpt out.

The detail of every error shows the place as a compiler does:

    Expected a term after `+`, found the end of the formula.
      y ~ x +
             ^
"""

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import category, name

from service.errors import Fault, FormulaSyntax, UnknownFunction

LONGEST_QUOTE = 40
"""Characters of the user's text that an error may repeat."""


def syntax_error(source: str, position: int, message: str) -> FormulaSyntax:
    """The error for a text that is not a formula."""
    return FormulaSyntax(f"{message}\n{excerpt(source, position)}", Fault(message, position=position))


def unknown_function(source: str, position: int, message: str) -> UnknownFunction:
    """The error for a call of a function outside the table."""
    return UnknownFunction(f"{message}\n{excerpt(source, position)}", Fault(message, position=position))


def excerpt(source: str, position: int) -> str:
    """Two lines: the text around `position`, and a caret under it."""
    start = max(0, min(position - LONGEST_QUOTE // 2, len(source) - LONGEST_QUOTE))
    end = min(len(source), start + LONGEST_QUOTE)
    before, after = "…" if start else "", "…" if end < len(source) else ""
    caret = " " * (len(before) + position - start) + "^"
    return f"  {before}{printable(source[start:end])}{after}\n  {caret}"


def quoted(text: str) -> str:
    """The text between grave accents, cut to what an error may repeat."""
    shown = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    return f"`{printable(shown)}`"


def printable(text: str) -> str:
    """The text with a blank for white space and `�` for what has no visible form; the length stays."""
    return "".join(
        " " if character.isspace() else "\ufffd" if category(character)[0] == "C" else character for character in text
    )


def character_name(character: str) -> str:
    """How to speak of one character: `$`, or by number and name where it cannot be seen or is easily mistaken."""
    if " " < character <= "~":
        return f"`{character}`"
    number = f"U+{ord(character):04X}"
    return f"{number} ({name(character).lower()})" if name(character, "") else number


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the most similar known word, or a full stop."""
    similar = get_close_matches(word[:LONGEST_QUOTE], known, n=1)
    return f"; did you mean `{similar[0]}`?" if similar else "."
