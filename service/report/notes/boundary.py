"""Notes on optima on the boundary: what does not vary, and covariances of less than full rank."""

from collections.abc import Iterator

import numpy as np

from service.arrays import Matrix
from service.engine import FactorEstimates
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed

RANK = 1e-12
"""Singular value of the standardised coefficients of a group below which it is rounding: a predictor at a distance of a
million times its spread still leaves 1e-7."""


def boundary_variance(found: Findings) -> Iterator[Remark]:
    """A variance between groups is estimated as zero."""
    if found.fit.verdict is None or found.fit.is_flat:
        return
    for place, factor in enumerate(found.factors):
        zero = [k for k, sd in enumerate(factor.sd.tolist()) if sd == 0.0]
        if zero:
            alike = [factor.factor.names[k] for k in zero]
            group, n_groups = factor.factor.grouping.name, factor.factor.n_groups
            told = found.intervals is not None and bool(np.isfinite(found.intervals.spreads[place][zero]).all())
            yield Remark(
                "boundary_variance",
                _alike(factor, alike, told=told),
                {"group": group, "n_groups": n_groups, "terms": alike[:MOST_NAMED]},
            )


def _alike(factor: FactorEstimates, alike: list[str], *, told: bool) -> str:
    """What does not vary, and what therefore has no value; `told` says that it has an interval."""
    between = f"between the {factor.factor.n_groups} groups of {factor.factor.grouping.name}"
    if factor.factor.is_varying_intercept:
        lost = "" if told else "the standard deviation has no interval and "
        return (
            f"The variance {between} is estimated as 0: every group is pooled completely, and {lost}the equivalent n "
            f"{'has ' if told else ''}no value."
        )
    lost = "no correlations" if told else "no interval and no correlations"
    return (
        f"The variance {between} is estimated as 0 for {listed(alike)}: the groups are pooled completely there, and "
        f"such a standard deviation has {lost}."
    )


def singular_covariance(found: Findings) -> Iterator[Remark]:
    """What varies together has a covariance of less than full rank; a correlation of 1 is the plainest case."""
    if found.fit.verdict is None or not found.fit.verdict.singular:
        return
    for factor in found.factors:
        for term in factor.factor.terms:
            varying = term.start + np.flatnonzero(factor.sd[term])
            rank = _rank(factor.root[varying]) if varying.size > 1 else varying.size
            if rank < varying.size:
                yield _singular(factor, varying.tolist(), rank)
                break


def _rank(rows: Matrix) -> int:
    """The rank of rows none of which is zero, each in its own unit."""
    sizes = np.linalg.svd(rows / np.abs(rows).max(axis=1, keepdims=True), compute_uv=False)
    return int(np.count_nonzero(sizes > RANK))


def _singular(factor: FactorEstimates, varying: list[int], rank: int) -> Remark:
    group, names = factor.factor.grouping.name, [factor.factor.names[k] for k in varying]
    pair = f" with a correlation of {factor.correlation[varying[0], varying[1]]:.0f}" if len(varying) == 2 else ""
    return Remark(
        "singular_covariance",
        f"{listed(names)} vary together by {group}{pair}: their estimated covariance has rank {rank}, not "
        f"{len(names)}. That is an estimate on the boundary, not an error: the groups are too few, or too small, to "
        "tell all of it.",
        {"group": group, "terms": names[:MOST_NAMED], "rank": rank, "full_rank": len(names)},
    )
