"""The terms of a sum: a syntax tree in, the intercept, the terms in R's order, offsets and random terms out.

Serves the right-hand side of a formula and the left-hand side of a bar.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.formula.algebra import Terms, bits, by_degree, crossed, inside, nested, starred
from service.formula.expression import Call, Expression
from service.formula.formula import Term
from service.formula.label import label
from service.formula.limits import VARIABLE, Allowance
from service.formula.syntax import Bar, Chain, Constant, Dot, Enclosed, Link, Node, Power, Signed, Variable

PRODUCTS = {":": crossed, "*": starred, "/": nested, "%in%": inside}


@dataclass(frozen=True, slots=True)
class Sum:
    """What a sum says: `variables` are the trees of all labels it names, in the order of their first appearance."""

    intercept: bool
    terms: tuple[Term, ...]
    offsets: tuple[str, ...]
    bars: tuple[Bar, ...]
    variables: dict[str, Expression]


def read_sum(node: Node, allowance: Allowance, responses: Iterable[Expression] = ()) -> Sum:
    """The meaning of a sum; the `responses`, where there are some, come first in the order of variables.

    Raises FormulaSyntax for an offset or a random term that is not added, for a 1, 0 or `.` that is no term here, and
    for more terms than the allowance holds.
    """
    reading = _Reading(allowance)
    for response in responses:
        reading.bit(response)
    terms = by_degree(reading.terms(node, summand=True))
    allowance.spend(sum(map(int.bit_count, terms)), 0)
    labels = tuple(reading.variables)
    named = tuple(tuple(labels[bit] for bit in bits(term)) for term in terms)
    return Sum(reading.intercept, named, tuple(reading.offsets), tuple(reading.bars), reading.variables)


class _Reading:
    """What is known of a sum after the nodes read so far.

    As in R, 1 and 0 are no terms: wherever they stand, they switch the intercept on or off, the other way round after
    a minus.
    """

    __slots__ = ("adding", "allowance", "bars", "bits", "intercept", "offsets", "variables")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.intercept = True
        self.adding = True
        self.offsets: dict[str, None] = {}
        self.bars: list[Bar] = []
        self.variables: dict[str, Expression] = {}
        self.bits: dict[str, int] = {}

    def terms(self, node: Node, *, summand: bool) -> Terms:
        """The terms of a node, a set of its own; `summand` says that the node is added to the whole and no more."""
        match node:
            case Constant(value):
                self.intercept = (value == 1) == self.adding
                return {}
            case Variable(expression):
                return self.variable(expression, summand=summand)
            case Enclosed(inner):
                return self.terms(inner, summand=summand)
            case Signed(signs, operand):
                return self.signed(signs, operand, summand=summand)
            case Power():
                return self.power(node)
            case Chain(first, links):
                result = self.operand(first, links[0].operator, summand=summand)
                for link in links:
                    result = self.linked(result, link, summand=summand)
                return result
            case Bar(position=position):
                if not summand:
                    raise self.allowance.error("A random term is only ever added: `y ~ x + (1 | g)`.", position)
                self.bars.append(node)
                return {}
            case Dot(position):
                raise self.allowance.error("`.` cannot be part of a random term; name its columns.", position)

    def variable(self, expression: Expression, *, summand: bool) -> Terms:
        """The term of one variable, or none for an offset, which is kept apart."""
        bit = self.bit(expression)
        self.allowance.spend(VARIABLE, expression.position)
        if not (isinstance(expression, Call) and expression.function == "offset"):
            return {bit: None}
        if not summand:
            raise self.allowance.error("An offset is only ever added: `y ~ x + offset(z)`.", expression.position)
        self.offsets[label(expression)] = None
        return {}

    def bit(self, expression: Expression) -> int:
        """The bit of a variable, a new one at its first appearance."""
        text = label(expression)
        if text not in self.bits:
            self.bits[text] = 1 << len(self.bits)
            self.variables[text] = expression
        return self.bits[text]

    def signed(self, signs: str, operand: Node, *, summand: bool) -> Terms:
        """The terms of an operand after signs: nothing is left of what is taken away from nothing."""
        negative = "-" in signs
        flipped = signs.count("-") % 2 == 1
        self.adding ^= flipped
        terms = self.terms(operand, summand=summand and not negative)
        self.adding ^= flipped
        return {} if negative else terms

    def linked(self, left: Terms, link: Link, *, summand: bool) -> Terms:
        """The left terms joined with a link's; the left ones are used up."""
        match link.operator:
            case "+":
                left |= self.terms(link.operand, summand=summand)
            case "-":
                self.adding = not self.adding
                for term in self.terms(link.operand, summand=False):
                    left.pop(term, None)
                self.adding = not self.adding
            case operator:
                right = self.operand(link.operand, operator, summand=False)
                self.allowance.spend(len(left) * len(right) + len(left) + len(right), link.position)
                left = PRODUCTS[operator](left, right)
        self.allowance.hold(len(left), link.position)
        return left

    def operand(self, node: Node, operator: str, *, summand: bool) -> Terms:
        """The terms of an operand; raises FormulaSyntax where a bare 1 or 0 is multiplied."""
        if operator in PRODUCTS and isinstance(node, Constant):
            message = f"{node.value} is the intercept, added or taken away; it cannot be an operand of `{operator}`."
            raise self.allowance.error(message, node.position)
        return self.terms(node, summand=summand and operator not in PRODUCTS)

    def power(self, node: Power) -> Terms:
        """The terms of `(a + b)^n`: all interactions of at most n of the operand's terms."""
        factor = self.operand(node.operand, "*", summand=False)
        result = factor
        for _ in range(node.exponent - 1):
            self.allowance.spend(len(factor) * len(result), node.position)
            raised = crossed(factor, result)
            self.allowance.hold(len(raised), node.position)
            if list(raised) == list(result):
                break
            result = raised
        return result
