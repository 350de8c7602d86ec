"""Design -> cross-products -> criterion -> optimum -> estimates: a varying-intercept model, fitted."""

from dataclasses import dataclass

import numpy as np

from service.design import Design
from service.engine.conditioning import UNEXPLAINED, Fold, condition, residualise, sharpen
from service.engine.criterion import Criterion, Evaluation, criterion_of, unrestricted
from service.engine.crossproducts import CrossProducts
from service.engine.estimates import (
    Estimates,
    estimates_at,
    estimates_without_noise,
    estimates_without_pooling,
    has_no_noise,
    may_have_no_noise,
)
from service.engine.limits import no_pooling
from service.engine.optimum import Optimum, minimise, scan_range
from service.errors import AllSingletons, Fault, NotFinite, TooFewGroups, TooManyParameters, UnsupportedModel


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model: its estimates, the criterion's value, and how it was found.

    `criterion` is -2 log (restricted) likelihood at the estimates and `deviance` -2 log likelihood of the model
    fitted by ML; both are nan where they do not exist. `optimum` is None where theta was held or has no finite
    optimum; `held` says that the caller chose it.
    """

    estimates: Estimates
    restricted: bool
    criterion: float
    deviance: float
    optimum: Optimum | None
    held: bool

    @property
    def n_parameters(self) -> int:
        """Coefficients, sigma, and theta unless it was held."""
        return self.estimates.beta.size + 1 + (not self.held)


def fit(design: Design, *, restricted: bool = True, theta: float | None = None) -> Fit:
    """The fit of a design with one varying intercept, by REML (`restricted`) or ML.

    `theta` holds the ratio of the groups' standard deviation to the residuals' at a value from 0 (complete pooling) to
    infinity (no pooling) instead of estimating it.

    Raises:
        UnsupportedModel: the random terms are more than one varying intercept.
        TooFewGroups: there is a single group.
        AllSingletons: there are as many groups as rows.
        TooManyParameters: the coefficients leave no row to estimate sigma from.
        NotFinite: the products of the columns leave the range of a double.
    """
    require_fittable(design)
    try:
        with np.errstate(invalid="raise", divide="raise"):
            return _fit(design, restricted=restricted, theta=theta)
    except (np.linalg.LinAlgError, ArithmeticError):
        raise NotFinite(
            "The columns of this model, or their products, are so large, so small or so alike that double precision "
            "cannot hold what it takes to fit it: shift and scale them."
        ) from None


def _fit(design: Design, *, restricted: bool, theta: float | None) -> Fit:
    fold = condition(design)
    if design.y.size <= fold.kept.size:
        raise TooManyParameters(f"{fold.kept.size} coefficients cannot be told apart by {design.y.size} rows.")
    fold = sharpen(design, fold)
    held = theta is not None
    if theta is not None and theta * theta == np.inf:
        return Fit(_without_pooling(fold), restricted, np.nan, np.nan, None, held)
    if may_have_no_noise(fold.products) and has_no_noise(fold.products, limit := no_pooling(fold.products)):
        estimates = estimates_without_noise(fold, limit, restricted=restricted)
        # At a held theta the differences between groups are noise too: only where there are none is there no noise.
        if not held or estimates.group_sd == 0.0:
            return Fit(estimates, restricted, np.nan, np.nan, None, held)
    criterion, at, optimum = _solve(fold.products, restricted=restricted, theta=theta)
    if _explained(criterion, at):
        fold = residualise(design, fold, at.beta)
        criterion, at, optimum = _solve(fold.products, restricted=restricted, theta=theta)
    deviance = at.value
    if restricted:
        ml = unrestricted(criterion, fold.products)
        deviance = minimise(ml, optimum.scan).evaluation.value if optimum else ml.at(at.phi).value
    return Fit(estimates_at(fold, at, criterion.nu), restricted, at.value, deviance, optimum, held)


def require_fittable(design: Design) -> None:
    """Refuse a design this engine has no fit for."""
    if not design.random:
        raise UnsupportedModel(
            "The formula has no random term: add one such as (1 | group). Complete pooling is the same model with "
            '"theta": 0.'
        )
    if len(design.random) > 1 or not design.random[0].is_varying_intercept:
        terms = ", ".join(f"({' + '.join(e.names)} | {e.grouping.name})" for e in design.random)
        terms = terms.replace("(Intercept)", "1")
        raise UnsupportedModel(
            f"Only a single varying intercept, (1 | group), can be fitted so far; asked for: {terms}."
        )
    grouping = design.random[0].grouping
    n_groups, n = len(grouping.levels), design.y.size
    if n_groups < 2:
        raise TooFewGroups(
            f"{grouping.name} has one group: nothing can vary between groups.", Fault("one group", column=grouping.name)
        )
    if n_groups == n:
        raise AllSingletons(
            f"{grouping.name} has as many groups as there are rows ({n}): the variance between groups cannot be told "
            "from that within.",
            Fault("every group has one row", column=grouping.name),
        )


def _solve(
    products: CrossProducts, *, restricted: bool, theta: float | None
) -> tuple[Criterion, Evaluation, Optimum | None]:
    """The criterion, and where it is least or where it is held."""
    criterion = criterion_of(products, restricted=restricted)
    if theta is not None:
        return criterion, criterion.at(theta**2), None
    optimum = minimise(criterion, scan_range(criterion))
    return criterion, optimum.evaluation, optimum


def _explained(criterion: Criterion, at: Evaluation) -> bool:
    """Whether X explains so much of y at this theta that the residual has lost digits."""
    lam = criterion.between.weights / (1.0 + at.phi * criterion.between.weights)
    total = criterion.within[-1, -1] + criterion.between.weighted(lam[None, :])[0, -1, -1]
    return bool(at.rho < UNEXPLAINED * total)


def _without_pooling(fold: Fold) -> Estimates:
    limit = no_pooling(fold.products)
    if limit.residual_df <= 0:
        raise TooManyParameters(
            f"Without pooling the groups and coefficients leave no row of {fold.products.n} to estimate sigma from."
        )
    return estimates_without_pooling(fold, limit)
