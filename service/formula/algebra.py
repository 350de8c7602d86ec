"""R's algebra of terms, on sets of bits.

A term is an interaction of variables: an integer with one bit per variable. A sum of terms is an ordered set of such
integers (a dict whose values mean nothing), in the order in which R meets them. What 1 and 0 say about the intercept
is not part of it.

Source: the documentation of R's `formula` and `terms.formula`, checked against their results.
"""

from collections.abc import Iterable

Terms = dict[int, None]
"""Distinct terms in order."""


def together(terms: Iterable[int]) -> int:
    """The interaction of all variables of all terms."""
    united = 0
    for term in terms:
        united |= term
    return united


def crossed(left: Terms, right: Terms) -> Terms:
    """`left:right`: every term of the left with every term of the right."""
    return {first | second: None for first in left for second in right}


def starred(left: Terms, right: Terms) -> Terms:
    """`left * right`: both sides and their interactions; nothing at all if the left is nothing, as in R."""
    return left | right | crossed(left, right) if left else {}


def nested(left: Terms, right: Terms) -> Terms:
    """`left / right`: the left, and each term of the right within all of the left; nothing if that is nothing."""
    return left | (crossed({together(left): None}, right) if left else {})


def inside(left: Terms, right: Terms) -> Terms:
    """`left %in% right`: each term of the left within all of the right."""
    return crossed(left, {together(right): None})


def by_degree(terms: Iterable[int]) -> list[int]:
    """Main effects first, then interactions by how many variables they join, otherwise as they stand."""
    return sorted(terms, key=int.bit_count)


def bits(term: int) -> Iterable[int]:
    """The numbers of a term's variables, rising."""
    while term:
        lowest = term & -term
        yield lowest.bit_length() - 1
        term ^= lowest
