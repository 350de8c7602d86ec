"""How much work one formula may still cause, so that `(a + ... + z)^13` is refused at once and never begun."""

from service.errors import FormulaSyntax
from service.formula import limits
from service.formula.diagnosis import syntax_error


class Allowance:
    """The steps left to one formula, counted down while it is expanded."""

    __slots__ = ("_source", "_steps")

    def __init__(self, source: str) -> None:
        """A full allowance for the formula `source`."""
        self._source = source
        self._steps = limits.STEPS

    def spend(self, steps: int, position: int) -> None:
        """Take `steps` away; raises FormulaSyntax at `position` when they are not left."""
        self._steps -= steps
        if self._steps < 0:
            raise self._refuse(position)

    def hold(self, terms: int, position: int) -> None:
        """Raise FormulaSyntax at `position` if there are more terms than a formula may have."""
        if terms > limits.TERMS:
            raise self._refuse(position)

    def _refuse(self, position: int) -> FormulaSyntax:
        message = f"The formula expands to too much: the limit is {limits.TERMS:,} terms in {limits.STEPS:,} steps."
        return self.error(message, position)

    def error(self, message: str, position: int) -> FormulaSyntax:
        """The error about a place of the formula."""
        return syntax_error(self._source, position, message)
