"""A model with one varying coefficient, fitted: the whole range of its one theta is looked at."""

from dataclasses import dataclass

import numpy as np

from service.design import Design
from service.engine.conditioning import UNEXPLAINED, Fold, residualise
from service.engine.covariance_slopes import CovarianceSlopes
from service.engine.crossproducts import CrossProducts
from service.engine.curvature import Curvature
from service.engine.estimates import Estimates
from service.engine.fit import Fit
from service.engine.scalar.covariance_slopes import covariance_slopes_at
from service.engine.scalar.criterion import Criterion, Evaluation, criterion_of, restrict, unrestricted
from service.engine.scalar.curvature import curvature_at
from service.engine.scalar.estimates import (
    estimates_at,
    estimates_without_noise,
    estimates_without_pooling,
    has_no_noise,
    may_have_no_noise,
)
from service.engine.scalar.limits import no_pooling
from service.engine.scalar.optimum import Optimum, minimise, scan_range
from service.engine.verdict import Verdict
from service.errors import TooManyParameters


@dataclass(frozen=True, slots=True)
class ScalarModel:
    """The criterion, the evaluation at its estimates, and the optimum that is; None where theta is held."""

    products: CrossProducts
    criterion: Criterion
    at: Evaluation
    optimum: Optimum | None

    def deviance(self) -> float:
        """-2 log likelihood of the same model fitted by ML; the scan of the range serves both criteria."""
        if not self.criterion.restricted:
            return self.at.value
        return self._optimum(unrestricted(self.criterion, self.products)).value

    def _optimum(self, criterion: Criterion) -> Evaluation:
        """The optimum of another criterion of the same model; a theta that is held stays."""
        if self.optimum is None:
            return criterion.at(self.at.phi)
        return minimise(criterion, self.optimum.slopes).evaluation

    def covariance_slopes(self) -> CovarianceSlopes:
        """What the parameters do to the covariance, at the estimates by REML of the same model."""
        criterion, at = self.criterion, self.at
        if not criterion.restricted:
            criterion = restrict(criterion, self.products)
            at = self._optimum(criterion)
        return covariance_slopes_at(criterion, at, self.products.n)

    def curvature(self) -> Curvature:
        """What small changes of the variance parameter do."""
        unit = float(self.products.factors[0].basis.transform[0, 0])
        return curvature_at(self.at, self.optimum, self.criterion.nu, unit)


def fit_scalar(design: Design, fold: Fold, *, restricted: bool, theta: float | None) -> Fit:
    """The fit of a model with one varying coefficient whose fold this is.

    `theta` holds the ratio of its standard deviation to the residuals' at a value from 0 (complete pooling) to infinity
    (no pooling). Raises TooManyParameters where no pooling leaves no row to estimate sigma from.
    """
    held = theta is not None
    if theta is not None and theta * theta == np.inf:
        return Fit(_without_pooling(fold), restricted, np.nan, None, held, None)
    if may_have_no_noise(fold.products) and has_no_noise(fold.products, limit := no_pooling(fold.products)):
        estimates = estimates_without_noise(fold, limit, restricted=restricted)
        # At a held theta the differences between groups are noise too: only where there are none is there no noise.
        if not held or estimates.variances_are_zero:
            return Fit(estimates, restricted, np.nan, None, held, None)
    model = _solve(fold, restricted=restricted, theta=theta)
    if model.at.rho < UNEXPLAINED * model.at.total:
        # X explains so much of y at this theta that the residual has lost digits.
        fold = residualise(design, fold, model.at.beta)
        model = _solve(fold, restricted=restricted, theta=theta)
    estimates = estimates_at(fold, model.at, model.criterion.nu)
    return Fit(estimates, restricted, model.at.value, _verdict(model), held, model)


def _solve(fold: Fold, *, restricted: bool, theta: float | None) -> ScalarModel:
    """The criterion, and where it is least or where it is held."""
    products = fold.products
    criterion = criterion_of(products, restricted=restricted)
    if theta is not None:
        scale = float(products.factors[0].basis.transform[0, 0])
        return ScalarModel(products, criterion, criterion.at((theta / scale) ** 2), None)
    optimum = minimise(criterion, scan_range(criterion))
    return ScalarModel(products, criterion, optimum.evaluation, optimum)


def _verdict(model: ScalarModel) -> Verdict | None:
    if model.optimum is None:
        return None
    found = model.optimum
    return Verdict(
        converged=found.converged,
        singular=found.phi == 0.0,
        evaluations=found.evaluations,
        gradient_norm=found.gradient_norm,
        minima=found.minima,
        flat=found.flat,
    )


def _without_pooling(fold: Fold) -> Estimates:
    limit = no_pooling(fold.products)
    if limit.residual_df <= 0:
        raise TooManyParameters(
            f"Without pooling the groups and coefficients leave no row of {fold.products.n} to estimate sigma from."
        )
    return estimates_without_pooling(fold, limit)
