"""Random terms in lme4's sense: a bar of the syntax tree in, one or several `RandomTerm`s out.

`(x || g)` gives one term per term of x, `(1 | a/b)` one per level of nesting, the innermost first as lme4 has them.
"""

from dataclasses import dataclass, field, replace

from service.formula.expression import Call, Expression, Name
from service.formula.formula import RandomTerm, Term
from service.formula.label import label
from service.formula.limits import Allowance
from service.formula.sums import Sum, read_sum
from service.formula.syntax import Bar, Chain, Enclosed, Link, Node, Variable

NOT_A_GROUP = "A grouping factor is a column, or columns joined by `:`, `/` or `*`."


@dataclass(frozen=True, slots=True)
class Group:
    """A grouping factor, the interaction of `labels`; `name` shows how it was formed: `b:a`, `c:(b:a)`.

    `enclosed` says that it is an interaction in parentheses, which lme4 keeps in the name of what is made of it.
    """

    labels: Term
    name: str = field(compare=False)
    enclosed: bool = field(default=False, compare=False)


Groups = tuple[Group, ...]


def random_terms(bar: Bar, allowance: Allowance) -> tuple[tuple[RandomTerm, ...], dict[str, Expression]]:
    """The random terms of a bar, and the trees of the labels in them.

    Raises FormulaSyntax for a bar without coefficients, with an offset or a bar within it, or with a group that is not
    made of columns by `:`, `/` and `*`.
    """
    coefficients = read_sum(bar.terms, allowance)
    if coefficients.offsets or coefficients.bars:
        what = "an offset" if coefficients.offsets else "another random term"
        raise allowance.error(f"A random term cannot contain {what}.", bar.position)
    if not coefficients.intercept and not coefficients.terms:
        raise allowance.error("This random term has no coefficient left: nothing would vary by group.", bar.position)
    reading = _Groups(allowance)
    groups = reading.groups(bar.group)
    parts = _uncorrelated(coefficients) if bar.operator == "||" else ((coefficients.intercept, coefficients.terms),)
    allowance.spend(len(parts) * len(groups), bar.position)
    terms = tuple(
        RandomTerm(intercept, labels, group.labels, reading.name(group), bar.operator == "|", bar.position)
        for intercept, labels in parts
        for group in groups
    )
    return terms, coefficients.variables | reading.variables


def _uncorrelated(coefficients: Sum) -> tuple[tuple[bool, tuple[Term, ...]], ...]:
    """The parts of a `||`: the intercept on its own, then each term without one."""
    first: tuple[tuple[bool, tuple[Term, ...]], ...] = ((True, ()),) if coefficients.intercept else ()
    return first + tuple((False, (term,)) for term in coefficients.terms)


class _Groups:
    """The reading of what stands after a bar."""

    __slots__ = ("allowance", "variables")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.variables: dict[str, Expression] = {}

    def groups(self, node: Node) -> Groups:
        """The grouping factors a node stands for, the innermost first."""
        match node:
            case Variable(expression):
                text = self.variable(expression)
                return (Group((text,), text),)
            case Enclosed(inner):
                return tuple(replace(group, enclosed=len(group.labels) > 1) for group in self.groups(inner))
            case Chain(first, links):
                result = self.groups(first)
                for link in links:
                    result = self.linked(result, link)
                return result
            case _:
                raise self.allowance.error(NOT_A_GROUP, node.position)

    def variable(self, expression: Expression) -> str:
        """The label of a grouping column."""
        if isinstance(expression, Call) and expression.function == "offset":
            raise self.allowance.error("An offset cannot form groups.", expression.position)
        text = label(expression)
        self.variables[text] = expression
        return text

    def name(self, group: Group) -> str:
        """What lme4 calls a grouping factor: a column by its bare name, an interaction as R prints it."""
        match group.labels:
            case (text,) if isinstance(column := self.variables[text], Name):
                return column.text
            case _:
                return group.name

    def linked(self, left: Groups, link: Link) -> Groups:
        """The left grouping factors joined with a link's."""
        if link.operator in ("+", "-"):
            message = "Each grouping factor has a random term of its own: `(1 | a) + (1 | b)`."
            raise self.allowance.error(message, link.position)
        if link.operator == "%in%":
            raise self.allowance.error(NOT_A_GROUP, link.position)
        right = self.groups(link.operand)
        self.allowance.spend(_size(left) * _size(right), link.position)
        if link.operator == "/":
            outer = _all_of(left)
            return (*(_joined(inner, outer) for inner in right), *left)
        crossed = tuple(_joined(first, second) for first in left for second in right)
        return crossed if link.operator == ":" else tuple(dict.fromkeys((*left, *right, *crossed)))


def _size(groups: Groups) -> int:
    return sum(len(group.labels) for group in groups)


def _joined(left: Group, right: Group) -> Group:
    """The grouping factor of the combinations of two, named as R prints the interaction."""
    labels = tuple(dict.fromkeys(left.labels + right.labels))
    if len(labels) < len(left.labels) + len(right.labels):
        return Group(labels, ":".join(labels))
    first = f"({left.name})" if left.enclosed else left.name
    second = f"({right.name})" if len(right.labels) > 1 else right.name
    return Group(labels, f"{first}:{second}")


def _all_of(groups: Groups) -> Group:
    """The grouping factor of the combinations of all of these: one of them, if it has all their columns."""
    labels = tuple(dict.fromkeys(label for group in groups for label in group.labels))
    return next((group for group in groups if group.labels == labels), Group(labels, ":".join(labels)))
