"""Grouping factors: from the labels of one or more variables to the group of every row."""

from collections.abc import Sequence
from functools import reduce

from service.data.table import Categorical
from service.design.columns import has_missing_cells
from service.design.design import Grouping
from service.design.levels import renumber, without_unused


def make_grouping(name: str, factors: Sequence[Categorical]) -> Grouping:
    """The groups that are combinations of the factors' levels and occur, in lme4's order: the first varies slowest.

    The labels of a combination are joined by `:`. A row where any factor is missing has no group, -1.
    """
    groups = reduce(_interaction, factors[1:], without_unused(factors[0]))
    return Grouping(name, groups.codes, groups.levels)


def _interaction(slow: Categorical, fast: Categorical) -> Categorical:
    """The combinations of two factors' levels that occur."""
    n_fast = len(fast.levels)
    pairs = slow.codes * n_fast
    pairs += fast.codes
    for factor in (slow, fast):
        if has_missing_cells(factor):
            pairs[factor.codes < 0] = -1
    occurring, codes = renumber(pairs, len(slow.levels) * n_fast)
    levels = (f"{slow.levels[pair // n_fast]}:{fast.levels[pair % n_fast]}" for pair in occurring.tolist())
    return Categorical(codes, tuple(levels))
