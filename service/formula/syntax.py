"""The tree of a whole formula as it was written, before R's algebra: what the grammar makes and expansion reads.

Operators of one precedence stand side by side in one node, so that a sum of a thousand terms is one node deep.
"""

from dataclasses import dataclass

from service.formula.expression import Expression


@dataclass(frozen=True, slots=True)
class Constant:
    """`1` or `0`: the intercept, or none."""

    value: int
    position: int


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`: all columns that are not in the response."""

    position: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A column or a call."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Enclosed:
    """`(a + b)`."""

    inner: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Link:
    """An operator and what stands after it."""

    operator: str
    operand: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Chain:
    """`a + b - c`: a first operand and links of one precedence, applied from left to right."""

    first: "Node"
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """`-a`, `--a`: an operand and the signs before it."""

    signs: str
    operand: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Power:
    """`(a + b)^2`; the exponent is at least 1."""

    operand: "Node"
    exponent: int
    position: int


@dataclass(frozen=True, slots=True)
class Bar:
    """`(terms | group)` or `(terms || group)`; `position` is that of the parenthesis."""

    terms: "Node"
    operator: str
    group: "Node"
    position: int


Node = Constant | Dot | Variable | Enclosed | Chain | Signed | Power | Bar


@dataclass(frozen=True, slots=True)
class Syntax:
    """A formula's two sides, of which the left may have several responses; positions count in the text `source`."""

    responses: tuple[Expression, ...]
    predictors: Node
    source: str
