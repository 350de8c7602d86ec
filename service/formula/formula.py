"""What a formula means once R's algebra is done: terms in R's order, random terms in lme4's sense.

Variables are known by their label: the text R would print for them (`Days`, `I(Days^2)`, `` `pct of total` ``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.formula.expression import Expression

Term = tuple[str, ...]
"""An interaction: the labels of its variables, in R's order; one label is a main effect."""


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """`(1 + x | g)`: coefficients that vary by group.

    `group` holds the labels whose interaction forms the groups: `("county",)`, or `("cask", "batch")` for the inner
    factor of `batch/cask`, named as lme4 names it by joining with `:`. `(x || g)` has become one term per coefficient,
    `(1 | a/b)` one per level of nesting. `correlated` is False for the parts of a `||`.
    """

    intercept: bool
    terms: tuple[Term, ...]
    group: Term
    correlated: bool
    position: int = field(compare=False)

    @property
    def group_name(self) -> str:
        """The grouping factor's name, as lme4 prints it but for the parentheses of three levels: `c:(b:a)`."""
        return ":".join(self.group)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula's meaning.

    `terms` are the fixed terms in R's order (by degree, then as written); `offsets` and `response` are labels of
    `variables`, which holds the tree of every label used anywhere. `text` is the formula as R would print it, without
    the assignment or `lmer(...)` around it.
    """

    text: str
    response: str
    intercept: bool
    terms: tuple[Term, ...]
    offsets: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    variables: Mapping[str, Expression]
