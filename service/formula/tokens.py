"""The words of a formula: text in, tokens out, each with its position.

Reading is one pass from left to right. White space and comments vanish; characters that word processors and web pages
put in place of R's (a typographic minus, a wide tilde) are read as what they stand for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from service.formula import limits
from service.formula.diagnosis import character_name, quoted, syntax_error
from service.formula.names import LOOKALIKES, continues_name, starts_name
from service.formula.quotation import read_quotation

Kind = Literal["name", "backticked", "number", "text", "operator", "end"]

BLANK = re.compile(r"(?:[ \t\n\r\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]|#[^\n]*)+")
OPERATOR = re.compile(r"<<-|:::|<-|<=|->|>=|==|!=|\*\*|::|:=|\|\||\|>|&&|%[^%\s]{0,8}%|[-+*/^~:|(),=<>!&]")
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)L?")

FOREIGN = {
    "$": "A column is named directly: `x`, not `d$x`.",
    "@": "A column is named directly, without `@`.",
    "[": "A formula cannot pick rows or elements; send the rows to fit and name whole columns.",
    "]": "A formula cannot pick rows or elements; send the rows to fit and name whole columns.",
    "{": "A formula is one expression, without braces.",
    "}": "A formula is one expression, without braces.",
    ";": "A formula is one expression; nothing can follow it after `;`.",
    "\\": "A backslash has a meaning inside backticks or quotes only.",
    "\u00d7": "A formula has no multiplication sign; an interaction is written `*` or `:`.",
    "\u00b2": "A power is written `I(x^2)`.",
    "\u00b3": "A power is written `I(x^3)`.",
    "%": "`%` is not an operator; those with percent signs are `%in%` and, inside calls, `%%` and `%/%`.",
    "_": "A name cannot start with `_` unless it stands in backticks.",
} | dict.fromkeys(
    "\u201c\u201d\u2018\u2019", "Typographic quotes are no quotes; a name with blanks stands in backticks."
)
"""Characters that R, Python or a word processor allow and a formula does not, with what to write instead."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word, starting at `position`; `text` is a name or text without its quotes, anything else as R writes it."""

    kind: Kind
    text: str
    position: int

    def __str__(self) -> str:
        return "the end of the formula" if self.kind == "end" else quoted(self.text)


def tokenise(source: str) -> tuple[Token, ...]:
    """The tokens of a formula, an `end` token last, standing right after the last word.

    Raises FormulaSyntax for a character or number that no formula has, an open quotation, and for a text that is too
    long or nested too deeply.
    """
    if len(source) > limits.CHARACTERS:
        message = f"The formula is longer than {limits.CHARACTERS:,} characters."
        raise syntax_error(source, limits.CHARACTERS, message)
    tokens: list[Token] = []
    position = end = 0
    while position < len(source):
        if blank := BLANK.match(source, position):
            position = blank.end()
        else:
            token, end = _word(source, position)
            tokens.append(token)
            position = end
    _check_nesting(source, tokens)
    return (*tokens, Token("end", "", end))


def _check_nesting(source: str, tokens: Iterable[Token]) -> None:
    """Raise FormulaSyntax at the parenthesis that is one too deep."""
    depth = 0
    for token in tokens:
        if token.kind == "operator" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        if depth > limits.NESTING:
            raise syntax_error(source, token.position, f"Parentheses are nested more than {limits.NESTING} deep.")


def _word(source: str, position: int) -> tuple[Token, int]:
    """The token at `position` and the position after it."""
    character = source[position]
    if character in "`'\"":
        value, end = read_quotation(source, position)
        return Token("backticked" if character == "`" else "text", value, position), end
    if number := NUMBER.match(source, position):
        if number.end() < len(source) and continues_name(source[number.end()]):
            message = "A name cannot start with a digit unless it stands in backticks: `` `2nd year` ``."
            raise syntax_error(source, position, message)
        return Token("number", number.group(), position), number.end()
    if starts_name(character):
        end = position + 1
        while end < len(source) and continues_name(source[end]):
            end += 1
        return Token("name", source[position:end], position), end
    if character in LOOKALIKES:
        return Token("operator", LOOKALIKES[character], position), position + 1
    if operator := OPERATOR.match(source, position):
        return Token("operator", operator.group(), position), operator.end()
    message = FOREIGN.get(character, f"Unexpected character {character_name(character)}.")
    raise syntax_error(source, position, message)
