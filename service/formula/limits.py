"""How large a formula may be: what keeps every answer of this room within milliseconds.

The limits are far above what people write. They are checked while a formula is read and expanded, so that
`(a + ... + z)^13` is refused before it has grown.
"""

from service.errors import FormulaSyntax
from service.formula.diagnosis import syntax_error

CHARACTERS = 10_000
"""Length of a formula's text."""

NESTING = 40
"""Depth of parentheses; every recursion of this room ends here."""

OPERATORS = 100
"""Arithmetic operators in one variable: `I(a + b + c)` has two."""

TERMS = 5_000
"""Terms one formula may expand to."""

STEPS = 200_000
"""Pairs of terms the algebra may look at, and labels it may write, in one formula."""

VARIABLE = 10
"""Steps that one appearance of a variable counts for, as it takes about as long."""


class Allowance:
    """The steps left to one formula, counted down while it is expanded."""

    __slots__ = ("_source", "_steps")

    def __init__(self, source: str) -> None:
        """A full allowance for the formula `source`."""
        self._source = source
        self._steps = STEPS

    def spend(self, steps: int, position: int) -> None:
        """Take `steps` away; raises FormulaSyntax at `position` when they are not left."""
        self._steps -= steps
        if self._steps < 0:
            raise self._refuse(position)

    def hold(self, terms: int, position: int) -> None:
        """Raise FormulaSyntax at `position` if there are more terms than a formula may have."""
        if terms > TERMS:
            raise self._refuse(position)

    def _refuse(self, position: int) -> FormulaSyntax:
        message = f"The formula expands to too much: the limit is {TERMS:,} terms in {STEPS:,} steps."
        return self.error(message, position)

    def error(self, message: str, position: int) -> FormulaSyntax:
        """The error about a place of the formula."""
        return syntax_error(self._source, position, message)
