"""Marginality: from the terms of a formula to which of their factors get contrasts and which an indicator per level.

The rule is R's (Chambers & Hastie 1992, Statistical Models in S, section 2.4.1, as `terms.formula` applies it): a
factor of a term needs contrasts only where the term without it lies within an earlier term or is the intercept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.formula.formula import Term


@dataclass(frozen=True, slots=True)
class CodedTerm:
    """A term, and for each of its variables whether every level has an indicator; False for contrasts and numbers."""

    variables: Term
    indicators: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The columns of one matrix: an intercept or none, then the terms."""

    intercept: bool
    terms: tuple[CodedTerm, ...]


def make_recipe(intercept: bool, terms: Sequence[Term], factors: Collection[str]) -> Recipe:
    """How every term is coded; `factors` are the variables with levels."""
    bit = {label: 1 << place for place, label in enumerate(dict.fromkeys(label for term in terms for label in term))}
    earlier: set[int] = set()
    coded: list[CodedTerm] = []
    for term in terms:
        whole = sum(bit[label] for label in term)
        indicators = (label in factors and not _is_covered(whole & ~bit[label], earlier) for label in term)
        coded.append(CodedTerm(term, tuple(indicators)))
        earlier.add(whole)
    return Recipe(intercept, tuple(coded if intercept else _first_factor_in_full(coded, factors)))


def _is_covered(margin: int, earlier: Collection[int]) -> bool:
    """Whether the margin is empty or lies within an earlier term; mostly it is one."""
    return margin == 0 or margin in earlier or any(margin & ~term == 0 for term in earlier)


def _first_factor_in_full(terms: Sequence[CodedTerm], factors: Collection[str]) -> list[CodedTerm]:
    """The terms with indicators for the first factor among them, which stands in for the intercept."""
    coded = list(terms)
    for number, term in enumerate(terms):
        for place, label in enumerate(term.variables):
            if label in factors:
                indicators = (*term.indicators[:place], True, *term.indicators[place + 1 :])
                coded[number] = CodedTerm(term.variables, indicators)
                return coded
    return coded
