"""The groups of each random factor in the contract's words: how many, how they deviate, how far they are pulled."""

import numpy as np

from service.arrays import Matrix
from service.contract import document as wire
from service.engine import FactorEstimates
from service.report.findings import Findings


def grouping_factors(found: Findings) -> list[wire.GroupingFactor]:
    """What varies by each factor, and the sizes of its groups."""
    return [_grouping_factor(factor) for factor in found.factors]


def _grouping_factor(estimates: FactorEstimates) -> wire.GroupingFactor:
    factor, counts = estimates.factor, estimates.counts
    ordered, J = np.sort(counts), counts.size
    return wire.GroupingFactor(
        group=factor.grouping.name,
        n_groups=factor.n_groups,
        terms=list(factor.names),
        correlated=len(factor.effects) == 1 and factor.effects[0].correlated,
        group_size=wire.GroupSize(
            min=int(ordered[0]),
            median=0.5 * float(ordered[(J - 1) // 2] + ordered[J // 2]),
            mean=float(counts.sum()) / J,
            max=int(ordered[-1]),
        ),
    )


def pooling_parts(found: Findings) -> list[wire.Pooling]:
    """How far the groups are pulled, for each factor by which a varying intercept alone varies."""
    return [
        wire.Pooling(
            group=factor.factor.grouping.name,
            variance_ratio=pool.variance_ratio,
            equivalent_n=pool.equivalent_n,
            groups_below=pool.below,
            groups_above=pool.above,
            mean_weight=pool.mean_weight,
        )
        for factor, pool in zip(found.factors, found.pooling, strict=True)
        if pool is not None
    ]


def random_effects(found: Findings) -> dict[str, wire.RandomEffects]:
    """Each factor's effects, a row a group."""
    return {factor.factor.grouping.name: _random_effects(factor) for factor in found.factors}


def _random_effects(estimates: FactorEstimates) -> wire.RandomEffects:
    # Nothing is checked: there may be a million numbers, and they are our own.
    return wire.RandomEffects.model_construct(
        levels=list(estimates.factor.grouping.levels),
        n=estimates.counts.tolist(),
        terms=list(estimates.factor.names),
        estimate=estimates.effects.T.tolist(),
        std_error=estimates.effect_sd.T.tolist(),
        weight=None if estimates.weight is None else estimates.weight.tolist(),
    )


def coefficients(found: Findings) -> dict[str, wire.Coefficients]:
    """Each group's line; what varies without a fixed effect stands in front, at 0, for every factor."""
    varying = dict.fromkeys(name for factor in found.factors for name in factor.factor.names)
    alone = [name for name in varying if name not in found.names]
    terms = [*alone, *found.names]
    mean = np.array([*(0.0 for _ in alone), *found.estimates.beta.tolist()])
    return {
        factor.factor.grouping.name: wire.Coefficients.model_construct(
            levels=list(factor.factor.grouping.levels), terms=terms, estimate=_lines(factor, terms, mean).tolist()
        )
        for factor in found.factors
    }


def _lines(estimates: FactorEstimates, terms: list[str], mean: Matrix) -> Matrix:
    """The coefficients of each group, (J, p)."""
    lines = np.full((estimates.factor.n_groups, mean.size), mean)
    for name, deviations in zip(estimates.factor.names, estimates.effects, strict=True):
        lines[:, terms.index(name)] += deviations
    return lines
