"""Names of columns: which stand bare in a formula, as R decides it, and which need backticks."""

from unicodedata import category

RESERVED = frozenset(
    {"TRUE", "FALSE", "NULL", "NA", "NaN", "Inf", "NA_integer_", "NA_real_", "NA_character_", "NA_complex_"}
    | {"if", "else", "for", "while", "repeat", "function", "next", "break", "in", "..."}
)
"""Words of R's own that no bare name can be."""

LOOKALIKES = {
    "\u2212": "-",  # minus sign
    "\u2010": "-",  # hyphen
    "\u2011": "-",  # non-breaking hyphen
    "\u2013": "-",  # en dash
    "\u223c": "~",  # tilde operator
    "\u02dc": "~",  # small tilde
    "\uff5e": "~",  # fullwidth tilde
    "\u02c6": "^",  # modifier circumflex
    "\u2223": "|",  # divides
    "\uff5c": "|",  # fullwidth bar
}
"""Characters pasted where R has another; some count as letters elsewhere, none does here."""


def is_bare(name: str) -> bool:
    """Whether a name may stand without backticks."""
    return (
        name not in RESERVED
        and starts_name(name[:1])
        and all(map(continues_name, name))
        and not (name[0] == "." and (name[1:2].isdecimal() or name == "."))
    )


def starts_name(character: str) -> bool:
    """Whether a bare name may begin with this character: a letter or a dot."""
    return character != "" and continues_name(character) and not (character == "_" or character.isdecimal())


def continues_name(character: str) -> bool:
    """Whether a bare name may go on with this character: R's rule, and the marks some scripts write vowels with."""
    if character.isascii():
        return character.isalnum() or character in "._"
    return character not in LOOKALIKES and (category(character)[0] in "LM" or category(character) in ("Nd", "Nl"))
