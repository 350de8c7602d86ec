"""What a formula means once R's algebra is done: terms in R's order, random terms in lme4's sense.

Variables are known by their label: the text R would print for them (`Days`, `I(Days^2)`, `` `pct of total` ``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from service.formula.expression import Expression, Name
from service.formula.label import left_side_label
from service.formula.variables import names_in

Term = tuple[str, ...]
"""An interaction: the labels of its variables, in R's order; one label is a main effect."""


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """`(1 + x | g)`: coefficients that vary by group.

    `group` holds the labels whose interaction forms the groups: `("county",)`, or `("cask", "batch")` for the inner
    factor of `batch/cask`; `group_name` is lme4's name for it, which shows how it was formed: `c:(b:a)` for the
    innermost factor of `a/b/c`. `(x || g)` has become one term per term of x, `(1 | a/b)` one per level of nesting.
    `correlated` is False for the parts of a `||`.
    """

    intercept: bool
    terms: tuple[Term, ...]
    group: Term
    group_name: str
    correlated: bool
    position: int = field(compare=False)


@dataclass(frozen=True)
class Formula:
    """A formula's meaning.

    `terms` are the fixed terms in R's order (by degree, then as written); `offsets` and `responses` are labels of
    `variables`, which holds the tree of every label used anywhere. There is one response, or each of `cbind(a, b)`.
    `text` is the formula as R would print it, without the assignment or `lmer(...)` around it.
    """

    text: str
    responses: tuple[str, ...]
    intercept: bool
    terms: tuple[Term, ...]
    offsets: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    variables: Mapping[str, Expression]

    @property
    def response(self) -> str:
        """The left side as R would print it: the label of the response, or `cbind(a, b)`."""
        return left_side_label(self.responses)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The names of columns in all variables, repeated as they are."""
        return tuple(name for tree in self.variables.values() for name in names_in(tree))

    @cached_property
    def predictors(self) -> tuple[str, ...]:
        """The labels of all variables but a response that is nothing else."""
        used = labels_used(self.terms, self.offsets, self.random)
        return tuple(label for label in self.variables if label in used)

    @cached_property
    def coded(self) -> tuple[str, ...]:
        """The labels of the variables that make up columns, fixed or varying by group."""
        terms = chain(self.terms, *(term.terms for term in self.random))
        return tuple(dict.fromkeys(chain.from_iterable(terms)))

    def for_response(self, label: str) -> "Formula":
        """The formula with one of its responses alone: equal to the one read from its own text."""
        terms = tuple(term for term in self.terms if term != (label,))
        used = labels_used(terms, self.offsets, self.random)
        variables = {label: self.variables[label]} | {
            name: tree for name, tree in self.variables.items() if name in used
        }
        text = f"{label} ~ {self.text.removeprefix(f'{self.response} ~ ')}"
        return replace(self, text=text, responses=(label,), terms=terms, variables=variables)


def labels_used(terms: Iterable[Term], offsets: Iterable[str], random: Iterable[RandomTerm]) -> set[str]:
    """The labels of all variables in these parts of a formula."""
    used = {*offsets, *chain.from_iterable(terms)}
    for term in random:
        used.update(term.group, *term.terms)
    return used
