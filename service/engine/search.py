"""The optimum of a criterion of several parameters: searched for, settled on the boundary, looked at twice if weak.

A covariance at the optimum may have less than full rank. The conditions of a minimum over Psi >= 0 are that the slope G
by Psi vanishes where Psi does not, G Lambda = 0, and is not negative where it does: v'G v >= 0 for Lambda'v = 0. Small
directions are set to zero exactly where that is no worse, and left again where the slope there says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.engine.criterion import Criterion, Evaluation, hessian_by_differences
from service.engine.optimum import ENOUGH, TOLERANCE, Search, descend, quadratic
from service.engine.random_factors import RandomFactor
from service.engine.roots import lower_root
from service.engine.spectrum import singular
from service.engine.verdict import Verdict

SMALL = 1e-3
"""Standard deviation in some direction, over sigma and relative to a column of unit mean square, tried at zero."""

ZERO = 1e-14
"""Share of the largest standard deviation that is rounding."""

NO_WORSE = 1e-9
"""Difference of the criterion, relative to its size if above one, that the rounding of log determinants may leave."""

ASCENT = 1e-6
"""Slope by Psi, relative to the information on it, below which it counts as negative on the boundary."""

ESCAPES = 3
"""How often a boundary is left again before the search gives up."""

SURE = 1e-4
"""What rounding may have done to the criterion at most where its gradient is believed."""

NEAR = 1e-4
"""Standard errors of theta to an optimum of which the value is asked: what the quadratic model leaves out is of the
order of its cube, 1e-12."""

APART = 1e-6
"""Difference of the criterion that makes two optima."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best optimum found, and our verdict."""

    evaluation: Evaluation
    verdict: Verdict


def find_optimum(criterion: Criterion, factors: tuple[RandomFactor, ...], start: Vector) -> Found:
    """The optimum of a criterion, from `start` (k,); from a second start as well where the first tells little."""
    first = _settle(criterion, factors, start)
    if first.verdict.converged and not first.verdict.singular:
        return first
    theta, value, verdict = first.evaluation.theta, first.evaluation.value, first.verdict
    # An evaluation holds arrays as large as the groups: it is made again rather than kept.
    del first
    second = _settle(criterion, factors, _other_start(criterion, start))
    gap = value - second.evaluation.value
    rescued = second.verdict.converged and not verdict.converged and gap > -APART
    both = verdict.converged and second.verdict.converged and abs(gap) > APART
    evaluations = verdict.evaluations + second.verdict.evaluations
    if gap > APART or rescued:
        return replace(second, verdict=replace(second.verdict, evaluations=evaluations, minima=1 + both))
    return Found(criterion.at(theta), replace(verdict, evaluations=evaluations + 1, minima=1 + both))


def least_value(criterion: Criterion, factors: tuple[RandomFactor, ...], start: Vector) -> float:
    """The criterion at its optimum, from a `start` (k,) near it.

    So near that its quadratic model has no error, the optimum need not be gone to where no direction is small.
    """
    search = _descend(criterion, start, np.ones(start.size, dtype=np.bool_), NEAR)
    at, norm = search.evaluation, search.gradient_norm
    inside = np.array_equal(_by_term(criterion, factors, at.theta, _without_small), at.theta)
    if norm < NEAR and at.uncertainty < SURE and inside:
        return at.value - norm * norm
    return find_optimum(criterion, factors, at.theta if norm < NEAR else start).evaluation.value


def _other_start(criterion: Criterion, start: Vector) -> Vector:
    """Lambda = I, or thrice that where the first start was near it."""
    diagonal = criterion.parameters.row == criterion.parameters.column
    identity: Vector = diagonal.astype(np.float64)
    scale = 3.0 if float(np.abs(start - identity).max()) < 0.5 else 1.0
    return identity * scale


def _settle(criterion: Criterion, factors: tuple[RandomFactor, ...], start: Vector) -> Found:
    """A local optimum from one start, on the boundary if that is where it is."""
    evaluations, way_out = 0, start
    for escapes in range(ESCAPES + 1):
        search, rank_deficient = _local_search(criterion, factors, way_out, to_boundary=escapes < ESCAPES)
        evaluations += search.evaluations
        further = _way_out(criterion, factors, search.evaluation) if rank_deficient else None
        if further is None:
            break
        way_out = further
    norm = search.gradient_norm
    # A gradient that rounding may have made says nothing.
    sure = bool(search.evaluation.uncertainty < SURE)
    return Found(search.evaluation, Verdict(norm < TOLERANCE and sure, rank_deficient, evaluations, norm))


def _local_search(
    criterion: Criterion, factors: tuple[RandomFactor, ...], start: Vector, *, to_boundary: bool
) -> tuple[Search[Evaluation], bool]:
    """A local minimum from one start, and whether it was put on the boundary."""
    everything = np.ones(start.size, dtype=np.bool_)
    search = _descend(criterion, start, everything)
    on_boundary = _on_boundary(criterion, factors, search) if to_boundary else None
    if on_boundary is None and not _is_certain(criterion, search):
        search = _descend_further(criterion, search, everything)
        on_boundary = _on_boundary(criterion, factors, search) if to_boundary else None
    return (search, False) if on_boundary is None else (on_boundary, True)


def _on_boundary(
    criterion: Criterion, factors: tuple[RandomFactor, ...], search: Search[Evaluation]
) -> Search[Evaluation] | None:
    """The minimum on the boundary, if the search's end is as good with its small directions at zero; None otherwise.

    There, whole columns of Lambda are zero. They are held: the slope by them is zero, and their curvature is the
    slope by Psi, which has a condition of its own.
    """
    at = search.evaluation
    reduced = _by_term(criterion, factors, at.theta, _without_small)
    if np.array_equal(reduced, at.theta):
        return None
    if criterion.at(reduced).value > at.value + NO_WORSE * max(1.0, abs(at.value)):
        return None
    roots = criterion.parameters.roots(reduced)
    free = criterion.parameters.theta(np.broadcast_to(root.any(axis=0), root.shape) for root in roots) > 0.0
    found = _descend(criterion, reduced, free)
    if not _is_certain(criterion, found):
        found = _descend_further(criterion, found, free)
    spent = search.evaluations + found.evaluations + 2
    return replace(found, evaluation=criterion.at(found.evaluation.theta), evaluations=spent)


def _is_certain(criterion: Criterion, search: Search[Evaluation]) -> bool:
    """Whether the Hessian says all there is to say of the end.

    Of several factors it is an expectation that the search corrects. Where the expectation alone does not say the same
    of the end as the corrected one, neither is trusted.
    """
    if len(criterion.parameters.sizes) == 1:
        return True
    at = search.evaluation
    return search.converged and quadratic(at.gradient, at.hessian).distance() < TOLERANCE


def _descend(criterion: Criterion, start: Vector, free: Flags, enough: float = ENOUGH) -> Search[Evaluation]:
    """A local minimum over the free parameters (k,)."""
    exact = len(criterion.parameters.sizes) == 1
    return descend(lambda theta: hold(criterion.at(theta), free), start, exact=exact, enough=enough)


def _descend_further(criterion: Criterion, search: Search[Evaluation], free: Flags) -> Search[Evaluation]:
    """The search gone on with differences of the gradient in place of the expected Hessian."""

    def at(theta: Vector) -> Evaluation:
        return hold(replace(criterion.at(theta), hessian=hessian_by_differences(criterion, theta)), free)

    further = descend(at, search.evaluation.theta, exact=True)
    cost = 2 * criterion.parameters.count + 1
    return replace(further, evaluations=search.evaluations + cost * further.evaluations)


def hold(at: Evaluation, free: Flags) -> Evaluation:
    """The criterion as if it rose in the parameters that are not free, so that a search leaves them where they are."""
    if free.all():
        return at
    hessian = np.where(np.outer(free, free), at.hessian, np.diag(np.abs(np.diag(at.hessian)) + 1.0))
    return replace(at, gradient=np.where(free, at.gradient, 0.0), hessian=hessian)


def _by_term(
    criterion: Criterion, factors: tuple[RandomFactor, ...], theta: Vector, change: Callable[[Matrix], Matrix]
) -> Vector:
    """Theta with the Lambda of every term changed."""
    roots = criterion.parameters.roots(theta)
    for root, factor in zip(roots, factors, strict=True):
        for term in factor.terms:
            root[term, term] = change(root[term, term])
    return criterion.parameters.theta(roots)


def _without_small(root: Matrix) -> Matrix:
    """Lambda without its small singular values; itself if it has none."""
    U, sizes = singular(root)
    if sizes[-1] > SMALL:
        return root
    scores = U * np.where(sizes > SMALL, sizes, 0.0)
    return lower_root(np.where(np.abs(scores) > ZERO * sizes[0], scores, 0.0))


def _way_out(criterion: Criterion, factors: tuple[RandomFactor, ...], at: Evaluation) -> Vector | None:
    """A theta beyond the boundary where the criterion falls from it; None if it rises in every direction."""
    roots = criterion.parameters.roots(at.theta)
    found = False
    for slope, solved, root, factor in zip(at.slopes, at.factors, roots, factors, strict=True):
        scale = float(np.sqrt((solved.N**2).sum()))
        for term in factor.terms:
            U, sizes = singular(root[term, term])
            null = U[:, sizes <= 0.0] if sizes.size == 1 else U[:, sizes < 1e-12 * max(1.0, float(sizes[0]))]
            if not null.size:
                continue
            values, vectors = np.linalg.eigh(null.T @ slope[term, term] @ null)
            if values[0] < -ASCENT * max(scale, 1e-300):
                direction = null @ vectors[:, 0]
                psi = root[term, term] @ root[term, term].T + 0.05**2 * np.outer(direction, direction)
                root[term, term] = np.linalg.cholesky(psi + 1e-12 * np.eye(len(psi)))
                found = True
    return criterion.parameters.theta(roots) if found else None
