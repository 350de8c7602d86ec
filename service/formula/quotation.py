"""Quotations of a formula: `` `pct of total` `` read and written, "text" read, with R's backslash escapes."""

import re
import sys
from unicodedata import category

from service.formula.diagnosis import character_name, syntax_error

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "b": "\b", "a": "\a", "0": "\0"}
PLAIN = "\\`'\" "
"""Characters that mean themselves after a backslash."""

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that make a text look like another one."""

CODE_POINT = re.compile(r"x([0-9a-fA-F]{1,2})|u(?:\{([0-9a-fA-F]{1,4})\}|([0-9a-fA-F]{1,4}))|U([0-9a-fA-F]{1,8})")


def read_quotation(source: str, start: int) -> tuple[str, int]:
    """What stands between the quote at `start` and its partner, and the position after the partner.

    Raises FormulaSyntax for an open or empty quotation, an unknown escape, and a character that must not be there.
    """
    quote, parts, position = source[start], [], start + 1
    while position < len(source) and source[position] != quote:
        character, end = _read_character(source, position)
        parts.append(character)
        position = end
    if position >= len(source):
        raise syntax_error(source, start, f"The quotation that {character_name(quote)} opens here is not closed.")
    if quote == "`" and not parts:
        raise syntax_error(source, start, "A name in backticks cannot be empty.")
    return "".join(parts), position + 1


def in_backticks(name: str) -> str:
    """A name in backticks, with an escape for a backtick, a backslash and what cannot be seen."""
    return f"`{''.join(map(_escape, name))}`"


def _read_character(source: str, position: int) -> tuple[str, int]:
    """The character or escape at `position`, and the position after it."""
    character, end = source[position], position + 1
    if character == "\\":
        character, end = _read_escape(source, position)
    elif _invisible(character):
        raise syntax_error(source, position, f"The invisible {character_name(character)} needs an escape.")
    if character == "\0" or category(character) == "Cs":
        raise syntax_error(source, position, f"{character_name(character)} is no character of a name or text.")
    return character, end


def _read_escape(source: str, position: int) -> tuple[str, int]:
    """The character an escape at `position` stands for, and the position after the escape."""
    letter = source[position + 1 : position + 2]
    if letter and letter in PLAIN:
        return letter, position + 2
    if letter in ESCAPES:
        return ESCAPES[letter], position + 2
    digits = CODE_POINT.match(source, position + 1)
    number = int(next(filter(None, digits.groups())), 16) if digits else sys.maxunicode + 1
    if digits is None or number > sys.maxunicode:
        raise syntax_error(source, position, "No escape of R starts like this; a backslash itself is `\\\\`.")
    return chr(number), digits.end()


def _escape(character: str) -> str:
    if character in "\\`":
        return "\\" + character
    if character not in "\n\t\r" and not _invisible(character):
        return character
    letters = [letter for letter, meaning in ESCAPES.items() if meaning == character]
    return f"\\{letters[0]}" if letters else f"\\U{ord(character):08x}"


def _invisible(character: str) -> bool:
    """Whether a character is a control, or turns the direction of the text around it."""
    return (category(character) == "Cc" and character not in "\n\t\r") or character in BIDIRECTIONAL
