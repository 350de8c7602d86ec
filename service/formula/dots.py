"""`.` resolved: a tree with dots and the columns of the data in, the tree with those columns in their place out."""

from collections.abc import Sequence

from service.formula import limits
from service.formula.diagnosis import syntax_error
from service.formula.expression import Name
from service.formula.syntax import Chain, Dot, Enclosed, Link, Node, Power, Signed, Syntax, Variable
from service.formula.variables import names_in


def resolve_dots(syntax: Syntax, columns: Sequence[str] | None) -> Node:
    """The predictors, `.` replaced by the sum of all columns that no response names, in their order.

    As R does, the sum stands in parentheses unless a sum continues it. Raises FormulaSyntax if there is a dot and no
    columns are known or left.
    """
    return _Dots(syntax, columns).resolve(syntax.predictors)


class _Dots:
    """What the dots of one formula stand for, found out at the first one."""

    __slots__ = ("columns", "syntax", "total")

    def __init__(self, syntax: Syntax, columns: Sequence[str] | None) -> None:
        self.syntax = syntax
        self.columns = columns
        self.total: Node | None = None

    def resolve(self, node: Node) -> Node:
        """The node without dots, unchanged inside random terms."""
        match node:
            case Dot(position):
                return self.sum_at(position)
            case Enclosed(inner, position):
                return Enclosed(self.resolve(inner), position)
            case Signed(signs, operand, position):
                return Signed(signs, self.operand(operand), position)
            case Power(operand, exponent, position):
                return Power(self.operand(operand), exponent, position)
            case Chain(first, links):
                return self.chain(first, links)
            case _:
                return node

    def operand(self, node: Node) -> Node:
        """The node as an operand: a sum that replaces a dot stands in parentheses."""
        resolved = self.resolve(node)
        return Enclosed(resolved, node.position) if isinstance(node, Dot) and isinstance(resolved, Chain) else resolved

    def chain(self, first: Node, links: tuple[Link, ...]) -> Chain:
        """The chain without dots; a dot that begins a sum becomes the beginning of that sum."""
        rest = tuple(Link(link.operator, self.operand(link.operand), link.position) for link in links)
        start = self.resolve(first) if links[0].operator == "+" else self.operand(first)
        if isinstance(first, Dot) and isinstance(start, Chain):
            return Chain(start.first, start.links + rest)
        return Chain(start, rest)

    def sum_at(self, position: int) -> Node:
        """The sum of the columns, made once and shared by all dots."""
        if self.total is None:
            self.total = self.sum_of(self.others(position), position)
        return self.total

    def others(self, position: int) -> list[str]:
        """The columns that a dot stands for."""
        if self.columns is None:
            message = "`.` stands for all other columns; without the data nobody can say which."
            raise syntax_error(self.syntax.source, position, message)
        used = {name.text for response in self.syntax.responses for name in names_in(response)}
        others = [column for column in self.columns if column not in used]
        if not others:
            message = "`.` stands for all other columns, but the data have none."
            raise syntax_error(self.syntax.source, position, message)
        if len(others) > limits.TERMS:
            message = f"`.` stands for {len(others):,} columns; the limit is {limits.TERMS:,} terms."
            raise syntax_error(self.syntax.source, position, message)
        return others

    def sum_of(self, columns: list[str], position: int) -> Node:
        """`a + b + c`, all at the position of the dot."""
        first, *others = (Variable(Name(column, position)) for column in columns)
        return Chain(first, tuple(Link("+", other, position) for other in others)) if others else first
