"""A place among the tokens of a formula, from which a grammar reads on."""

from service.errors import FormulaSyntax
from service.formula.diagnosis import syntax_error
from service.formula.tokens import Token, tokenise


class Cursor:
    """Where reading stands: `token` is the next word, `taken` the last one read."""

    __slots__ = ("_index", "_tokens", "source")

    def __init__(self, source: str) -> None:
        """Stand before the first word of `source`; raises FormulaSyntax if it has no words of a formula."""
        self.source = source
        self._tokens = tokenise(source)
        self._index = 0

    @property
    def token(self) -> Token:
        """The next word, not read yet."""
        return self._tokens[self._index]

    @property
    def taken(self) -> Token:
        """The word read last."""
        return self._tokens[self._index - 1]

    def after(self) -> str:
        """` after ...`, naming the last word read, or nothing at the start."""
        return f" after {self.taken}" if self._index else ""

    def words(self, count: int) -> tuple[str, ...]:
        """The texts of the next words, fewer where the text ends."""
        return tuple(token.text for token in self._tokens[self._index : self._index + count])

    def later(self, operator: str) -> bool:
        """Whether an operator is still to come."""
        return any(token.kind == "operator" and token.text == operator for token in self._tokens[self._index :])

    def at_end(self) -> bool:
        """Whether every word is read."""
        return self.token.kind == "end"

    def take(self) -> Token:
        """The next word, now read; the end is never passed."""
        token = self.token
        if token.kind != "end":
            self._index += 1
        return token

    def at(self, *operators: str, ahead: int = 0) -> bool:
        """Whether the next word, or the one `ahead` places after it, is one of these operators."""
        token = self._tokens[min(self._index + ahead, len(self._tokens) - 1)]
        return token.kind == "operator" and token.text in operators

    def accept(self, *operators: str) -> Token | None:
        """The next word, now read, if it is one of these operators."""
        return self.take() if self.at(*operators) else None

    def expect(self, operator: str, why: str) -> Token:
        """The next word, now read, which must be this operator; raises FormulaSyntax, saying `why`, if it is not."""
        if not self.at(operator):
            raise self.error(f"Expected `{operator}` {why}, found {self.token}.")
        return self.take()

    def error(self, message: str, token: Token | None = None) -> FormulaSyntax:
        """The error about a word, the next one unless another is given."""
        return syntax_error(self.source, (token or self.token).position, message)
