"""Random factors: a design's random terms gathered by grouping factor, in lme4's order.

All terms of one factor are taken together: their coefficients of a group form one vector, whose covariance matrix is
block-diagonal, a block for each term. Factors come by decreasing number of groups, so that the first is eliminated in
closed form (Bates et al. 2015, J. Stat. Softw. 67(1), section 2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, combinations, pairwise

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import INTERCEPT, Design, Grouping, RandomEffect


@dataclass(frozen=True)
class RandomFactor:
    """A grouping factor with J groups and the q coefficients that vary by it, those of each term side by side."""

    grouping: Grouping
    effects: tuple[RandomEffect, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the coefficients (q,), term by term."""
        return tuple(name for effect in self.effects for name in effect.names)

    @property
    def n_groups(self) -> int:
        """J."""
        return len(self.grouping.levels)

    @cached_property
    def n_coefficients(self) -> int:
        """Q."""
        return sum(len(effect.names) for effect in self.effects)

    @cached_property
    def terms(self) -> tuple[slice, ...]:
        """Where the coefficients of each term are among the q."""
        widths = [len(effect.names) for effect in self.effects]
        return tuple(slice(stop - width, stop) for stop, width in zip(accumulate(widths), widths, strict=True))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs of coefficients of one term, term by term: those that are correlated."""
        return tuple(pair for term in self.terms for pair in combinations(range(term.start, term.stop), 2))

    @cached_property
    def is_varying_intercept(self) -> bool:
        """Whether the one coefficient is the intercept."""
        return self.names == (INTERCEPT,)


def random_factors(design: Design) -> tuple[RandomFactor, ...]:
    """The random factors of a design and the terms of each in lme4's order, by decreasing number of groups."""
    gathered: dict[int, list[RandomEffect]] = {}
    for effect in _as_lme4_orders(design.random):
        gathered.setdefault(id(effect.grouping), []).append(effect)
    return tuple(RandomFactor(effects[0].grouping, tuple(effects)) for effects in gathered.values())


@dataclass(frozen=True)
class Parameters:
    """Which elements of the relative covariance factors Lambda are parameters.

    Parameter i is an element of the Lambda of a factor: `places[i]` are the factor, the row and the column. `sizes` are
    the q of every factor. `order` lists the parameters as lme4 orders theta: the lower triangles of the terms, column
    by column, terms by decreasing number of groups.
    """

    sizes: tuple[int, ...]
    places: tuple[tuple[int, int, int], ...]
    order: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many there are, k."""
        return len(self.places)

    @cached_property
    def factor(self) -> Codes:
        """The factor of every parameter, (k,)."""
        return np.array([factor for factor, _, _ in self.places], dtype=np.intp)

    @cached_property
    def row(self) -> Codes:
        """The row of every parameter, (k,)."""
        return np.array([row for _, row, _ in self.places], dtype=np.intp)

    @cached_property
    def column(self) -> Codes:
        """The column of every parameter, (k,)."""
        return np.array([column for _, _, column in self.places], dtype=np.intp)

    @cached_property
    def lme4_order(self) -> Codes:
        """The parameters in lme4's order, (k,)."""
        return np.array(self.order, dtype=np.intp)

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """Where the parameters of every factor are among the k."""
        factors = [factor for factor, _, _ in self.places]
        ends = accumulate((factors.count(f) for f in range(len(self.sizes))), initial=0)
        return tuple(slice(start, stop) for start, stop in pairwise(ends))

    def roots(self, theta: Vector) -> list[Matrix]:
        """Lambda (q, q), lower triangular, of every factor."""
        roots = [np.zeros((q, q)) for q in self.sizes]
        for (f, r, c), value in zip(self.places, theta.tolist(), strict=True):
            roots[f][r, c] = value
        return roots

    def theta(self, roots: Iterable[Matrix]) -> Vector:
        """The parameters (k,) in these Lambdas."""
        matrices = list(roots)
        return np.array([matrices[f][r, c] for f, r, c in self.places])


def parameters_of(factors: tuple[RandomFactor, ...], design: Design) -> Parameters:
    """The parameters of a model with these factors."""
    triples: list[tuple[int, int, int]] = []
    places: dict[int, range] = {}
    for f, factor in enumerate(factors):
        for effect, term in zip(factor.effects, factor.terms, strict=True):
            start = len(triples)
            triples += [(f, r, c) for c in range(term.start, term.stop) for r in range(c, term.stop)]
            places[id(effect)] = range(start, len(triples))
    order = [i for effect in _as_lme4_orders(design.random) for i in places[id(effect)]]
    return Parameters(tuple(factor.n_coefficients for factor in factors), tuple(triples), tuple(order))


def _as_lme4_orders(effects: tuple[RandomEffect, ...]) -> list[RandomEffect]:
    """The terms in lme4's order."""
    return [effects[i] for i in lme4_order([len(effect.grouping.levels) for effect in effects])]


def lme4_order(sizes: Sequence[int]) -> list[int]:
    """The places of terms with these numbers of groups in lme4's order.

    It is by decreasing number of groups; where that changes their order, ties come out reversed.
    """
    if all(first >= second for first, second in pairwise(sizes)):
        return list(range(len(sizes)))
    return list(reversed(np.argsort(sizes, kind="stable").tolist()))
