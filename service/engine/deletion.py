"""A fit without one of its groups, fitted again: exactly, and from as little as it takes.

Of one varying coefficient all groups are left out at once (scalar/deletions.py). Otherwise the group's cross-products
are subtracted, and the search begins both at the optimum of the whole and where a fit begins. Where a difference would
lose its digits, and where the fit is anything but ordinary, the rows that are left are fitted anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from service.arrays import Codes, Matrix
from service.design import Design, take_rows, without_empty_groups
from service.engine.basis import Bases
from service.engine.conditioning import UNEXPLAINED, Fold, shares_left
from service.engine.criterion import criterion_of
from service.engine.crossproducts import CrossProducts, shares_kept, subtract, total_products, turn_random
from service.engine.estimates import Estimates
from service.engine.fit import Fit
from service.engine.fitting import fit as fit_rows
from service.engine.fold import fold
from service.engine.group_squares import group_squares
from service.engine.model import JointModel, inside, joint_estimates
from service.engine.noise import has_no_noise
from service.engine.random_factors import RandomFactor, random_factors
from service.engine.scalar.deletions import Deletions, delete_groups
from service.engine.scalar.model import ScalarModel
from service.engine.search import Found, find_optimum
from service.engine.start import moment_start
from service.engine.without_group import WithoutGroup
from service.errors import ServiceError, UnsupportedModel
from service.quoting import excerpt

KEPT = 1e-3
"""What must be left of the squares of every column, as a share of the whole's: a difference then loses three digits."""

NUMBERS = 4_000_000
"""Numbers of all groups' squares that are held at once."""


def without_groups(design: Design, fit: Fit, place: int, groups: Codes) -> Iterator[WithoutGroup | ServiceError]:
    """What the fit of a design that is held estimates without each of these groups (K,) of the factor at `place`.

    In place of a fit that there is not comes the error that says why.
    """
    codes = random_factors(design)[place].grouping.codes
    order = np.argsort(codes, kind="stable")
    stops = np.cumsum(np.bincount(codes))
    at_once = max(1, NUMBERS // max(1, fit.estimates.products.width**2))
    for start in range(0, groups.size, at_once):
        lot = groups[start : start + at_once]
        for group, known in zip(lot.tolist(), _at_once(design, fit, lot), strict=True):
            rows = np.sort(order[stops[group - 1] if group else 0 : stops[group]])
            yield known or _from_products(design, fit, rows) or _from_rows(design, fit, codes != group)


def _at_once(design: Design, fit: Fit, groups: Codes) -> Sequence[WithoutGroup | None]:
    """The estimates without each of these groups, as far as they are found together."""
    model = fit.model
    if not isinstance(model, ScalarModel):
        return [None] * groups.size
    estimates, products = fit.estimates, model.products
    bases = Bases((estimates.factors[0].factor,), products.basis, (products.factors[0].basis,))
    squares = group_squares(design, bases, (np.eye(1),), products, groups)
    held = model.optimum is None
    found = delete_groups(products, model.criterion, squares, groups, model.at.phi, held=held)
    known: list[WithoutGroup | None] = [None] * groups.size
    for k, place in enumerate(found.places.tolist()):
        known[place] = _scalar_estimates(estimates, found, k)
    return known


def _scalar_estimates(estimates: Estimates, found: Deletions, k: int) -> WithoutGroup:
    """The k-th of the fits in the units of the data."""
    products, basis = estimates.products, estimates.products.basis
    jacobian, scale = basis.jacobian(), float(products.factors[0].basis.transform[0, 0])
    sigma, theta = float(np.sqrt(found.rho[k] / found.nu[k])), float(np.sqrt(found.phi[k])) * scale
    sigma *= basis.y_unit
    size = np.abs(jacobian).max(axis=1, initial=0.0)
    rows = jacobian / size[:, None]
    variance = ((rows @ found.inverse[:, :, k]) * rows).sum(axis=1)
    return WithoutGroup(
        beta=basis.coefficients(found.beta[:, k], jacobian),
        std_error=np.sqrt(variance) * size * sigma,
        sigma=sigma,
        sds=(np.array([theta * sigma]),),
        roots=(np.array([[theta]]),),
    )


def _from_products(design: Design, fit: Fit, rows: Codes) -> WithoutGroup | None:
    """The estimates without these rows, all of one group, from the cross-products that are left, if they serve."""
    model = fit.model
    if not isinstance(model, JointModel):
        return None
    try:
        with np.errstate(invalid="raise", divide="raise", over="ignore"):
            estimates = _subtracted(model, take_rows(design, rows))
    except (np.linalg.LinAlgError, ArithmeticError):
        return None
    return None if estimates is None else _as_in(fit.estimates, estimates)


def _subtracted(model: JointModel, part: Design) -> Estimates | None:
    """The estimates without the rows of `part`; None if the difference has too few digits, or the fit has a limit."""
    whole = model.fold.products
    bases = Bases(random_factors(part), whole.basis, model.fold.random)
    products = subtract(whole, turn_random(fold(part, bases), model.fold.turns))
    left = replace(model.fold, products=products)
    if not (_exists(left) and _keeps_digits(whole, products)) or has_no_noise(products):
        return None
    criterion = criterion_of(products, model.criterion.parameters, restricted=model.criterion.restricted)
    if model.held:
        at = criterion.at(model.at.theta)
    else:
        # A criterion of several parameters may have several minima: what a fit of the rows finds is not missed.
        moments = moment_start(products, criterion.parameters, restricted=criterion.restricted)
        starts = (inside(model.at.theta, criterion), moments)
        found = min((find_optimum(criterion, left.factors, start) for start in starts), key=_height)
        if not found.verdict.converged:
            return None
        at = found.evaluation
    if at.rho < UNEXPLAINED * float(total_products(products)[-1, -1]):
        return None
    return joint_estimates(left, criterion, at)


def _keeps_digits(whole: CrossProducts, left: CrossProducts) -> bool:
    """Whether enough is left of every column, and of what the earlier columns of X leave of it."""
    apart, before = (shares_left(total_products(each)[:-1, :-1]) for each in (left, whole))
    return bool((shares_kept(whole, left) > KEPT).all() and (apart > KEPT * before).all())


def _height(found: Found) -> tuple[bool, float]:
    """What is less for the better of two optima."""
    return not found.verdict.converged, found.evaluation.value


def _exists(left: Fold) -> bool:
    """Whether what is left can be fitted: groups, and rows beyond them and beyond the coefficients."""
    n = left.products.n
    groups = [int(np.count_nonzero(own.counts)) for own in left.products.factors]
    most = [
        count * max(len(effect.names) for effect in factor.effects)
        for count, factor in zip(groups, left.factors, strict=True)
    ]
    return min(groups) >= 2 and max(most) < n and n > left.kept.size


def _from_rows(design: Design, fit: Fit, rows: np.ndarray) -> WithoutGroup | ServiceError:
    """The estimates from the rows of the mask alone, or why there are none."""
    estimates = fit.estimates
    rest = without_empty_groups(take_rows(design, np.flatnonzero(rows)))
    if fit.held and _terms(random_factors(rest)) != _terms(tuple(own.factor for own in estimates.factors)):
        return UnsupportedModel("The theta that is held has another order without this group.")
    try:
        found = fit_rows(
            rest, restricted=fit.restricted, theta=estimates.theta.tolist() if fit.held else None
        ).estimates
    except ServiceError as error:
        # A traceback would keep the arrays of the attempt.
        return error.with_traceback(None)
    lost = [design.names[k] for k in np.setdiff1d(estimates.kept, found.kept)]
    if lost:
        return UnsupportedModel(f"Without this group nothing tells the coefficient of {excerpt(lost[0])}.")
    return _as_in(estimates, found)


def _terms(factors: tuple[RandomFactor, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The factors and what varies by each, in order."""
    return [(factor.grouping.name, factor.names) for factor in factors]


def _as_in(whole: Estimates, found: Estimates) -> WithoutGroup:
    """These estimates in the order of the whole's factors, which depends on how many groups there are."""
    places = {own.factor.grouping.name: own for own in found.factors}
    factors = [places[own.factor.grouping.name] for own in whole.factors]
    orders = [
        [factor.factor.names.index(name) for name in own.factor.names]
        for own, factor in zip(whole.factors, factors, strict=True)
    ]
    both = list(zip(factors, orders, strict=True))
    roots: list[Matrix] = [factor.root[np.ix_(order, order)] for factor, order in both]
    return WithoutGroup(
        beta=found.beta,
        std_error=found.std_error,
        sigma=found.sigma,
        sds=tuple(factor.sd[order] for factor, order in both),
        roots=tuple(roots),
    )
