"""The tree of one variable of a formula: `log(Days + 1)`, `poly(x, 2, raw = TRUE)`, `` `pct of total` ``.

Every node knows the position of its first character in the formula's text; two trees are equal when they mean the same,
wherever they stand and however their numbers are written.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Name:
    """A column of the data."""

    text: str
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric constant; `text` is how it was written."""

    value: float
    text: str = field(compare=False)
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `+x` inside arithmetic."""

    operator: str
    operand: "Expression"
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic `+ - * / ^ %% %/%` or a comparison, inside a call."""

    operator: str
    left: "Expression"
    right: "Expression"
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, with its name where it was given one."""

    name: str | None
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Parenthesis:
    """`(x)` inside arithmetic; kept because R keeps it in names."""

    inner: "Expression"
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Vector:
    """`c(1, 2.5)`: constants for `knots`, `degree` and the like."""

    items: tuple["Expression", ...]
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed table applied to arguments; `package` is the one named before it, kept as R keeps it."""

    function: str
    arguments: tuple[Argument, ...]
    position: int = field(compare=False)
    package: str | None = None


Expression = Name | Number | Truth | Unary | Binary | Parenthesis | Vector | Call
