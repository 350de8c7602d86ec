"""Whether one model is a special case of another, and what the larger one has more.

A model is nested if its coefficients make nothing that the larger one's do not (the columns' spaces decide, so that
`x` and `I(2 * x)` are the same), and if each of its random terms is part of one of the larger one's: the same groups,
and columns that are combinations of that term's. Uncorrelated terms are part of a term in which their coefficients are
correlated; not the other way round.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from service.arrays import Matrix
from service.design import INTERCEPT
from service.inference.spans import ModelSpan, TermSpan, contains, extend
from service.quoting import excerpt

SHOWN = 5
"""Names that a reason lists."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a model has beyond one that is nested in it, by name.

    `fixed` are coefficients; `variances` pairs of a factor and the coefficient that varies by it in the larger model
    alone; `covariances` triples of a factor and two coefficients that are correlated there alone.
    """

    fixed: tuple[str, ...]
    variances: tuple[tuple[str, str], ...]
    covariances: tuple[tuple[str, str, str], ...]

    @property
    def degrees_of_freedom(self) -> int:
        """How many parameters the larger model has more; 0 if it is the same, written in another way."""
        return len(self.fixed) + len(self.variances) + len(self.covariances)


def difference(smaller: ModelSpan, larger: ModelSpan) -> Difference | str:
    """What the larger model has beyond the smaller, or why the smaller is not nested in it, as a sentence."""
    columns = zip(smaller.names, smaller.fixed.T, strict=True)
    missing = [name for name, column in columns if not contains(larger.base, column[:, None])]
    if missing:
        return f"The larger model's coefficients do not make up those of the smaller: {_listed(missing)}."
    if not _offsets_agree(smaller, larger):
        return "The models have different offsets, and the larger one's coefficients do not make up for it."
    homeless = [term for term in smaller.terms if not any(_holds(other, term) for other in larger.terms)]
    if homeless:
        return (
            f"No random term of the larger model holds {' or '.join(map(_written, homeless[:SHOWN]))} of the smaller."
        )
    fixed = tuple(larger.names[k] for k in extend(smaller.base, larger.fixed)[0])
    variances: list[tuple[str, str]] = []
    covariances: list[tuple[str, str, str]] = []
    for term in larger.terms:
        held = [own for own in smaller.terms if _holds(term, own)]
        variances += ((term.group, name) for name in _new_directions(term, held))
        covariances += ((term.group, *pair) for pair in _new_pairs(term, held))
    return Difference(fixed, tuple(variances), tuple(covariances))


def _offsets_agree(smaller: ModelSpan, larger: ModelSpan) -> bool:
    """Whether the offsets are the same but for what the larger model's coefficients make."""
    unit = max(smaller.offset_size, larger.offset_size)
    if unit == 0.0:
        return True
    apart = smaller.offset * (smaller.offset_size / unit) - larger.offset * (larger.offset_size / unit)
    return contains(larger.base, apart[:, None])


def _holds(term: TermSpan, other: TermSpan) -> bool:
    """Whether all that the other term says can be said by this one."""
    return term.partition == other.partition and contains(_base(term.columns), other.columns)


def _new_directions(term: TermSpan, held: Sequence[TermSpan]) -> list[str]:
    """Which coefficients of a term vary beyond what varies in the terms it holds."""
    known = _base(np.column_stack([term.columns[:, :0], *(own.columns for own in held)]))
    return [term.names[k] for k in extend(known, term.columns)[0]]


def _new_pairs(term: TermSpan, held: Sequence[TermSpan]) -> Iterator[tuple[str, str]]:
    """The pairs of coefficients of a term that no term it holds has together."""
    together = [_base(own.columns) for own in held]
    for i, k in combinations(range(len(term.names)), 2):
        if not any(contains(base, term.columns[:, [i, k]]) for base in together):
            yield term.names[i], term.names[k]


def _base(columns: Matrix) -> Matrix:
    """An orthonormal basis of what these columns (r, k) span."""
    return extend(columns[:, :0], columns)[1]


def _written(term: TermSpan) -> str:
    """A random term as a formula has it."""
    names = ["1" if name == INTERCEPT else name for name in term.names]
    return excerpt(f"({' + '.join(names)} | {term.group})")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(excerpt, names[:SHOWN]))
    return shown if len(names) <= SHOWN else f"{shown} and others"
