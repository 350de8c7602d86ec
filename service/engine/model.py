"""A fitted model of any random factors: what can be asked of it beyond its estimates."""

import math
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.conditioning import Fold
from service.engine.covariance_slopes import CovarianceSlopes, covariance_slopes
from service.engine.criterion import (
    Criterion,
    Evaluation,
    hessian_by_differences,
    hessian_by_extrapolation,
    restrict,
    unrestricted,
)
from service.engine.curvature import Curvature, joint_covariance
from service.engine.estimates import Estimates, RandomSolution, assemble, factor_estimates
from service.engine.optimum import RADIUS, quadratic
from service.engine.precision import turned_exactly
from service.engine.remaining_blocks import count_elements
from service.engine.search import find_optimum, least_value
from service.engine.turned_by_differences import turned_by_differences

UNKNOWN = 1e-9
"""Curvature, as a share of the largest, of a direction that the data do not tell."""

DOUBTFUL = 1e-5
"""The same, below which differences of the gradient may err by as much as they find."""

MOST_ELEMENTS = 3000**2
"""Elements of the blocks that remain after the first factor up to which N is formed: its copies would take more memory
than the fit, and no less time than differences."""

LEANS = 1e-6
"""Change of log sd along a direction that the data do not tell from which they do not tell the sd."""


@dataclass(frozen=True, slots=True)
class JointModel:
    """The criterion of a model, the evaluation at its estimates; `held` says that theta was given, not estimated."""

    fold: Fold
    criterion: Criterion
    at: Evaluation
    held: bool

    def deviance(self) -> float:
        """-2 log likelihood of the same model fitted by ML."""
        if not self.criterion.restricted:
            return self.at.value
        full = unrestricted(self.criterion)
        if self.held:
            return full.at(self.at.theta).value
        return least_value(full, self.fold.factors, self._nearby(full))

    def _nearby(self, criterion: Criterion) -> Vector:
        """A theta (k,) near the optimum of another criterion of the same model: a step there from this one's.

        All is known that its derivatives are made of. Where they do not tell some direction, there is no step.
        """
        at, direction = self.at, np.append(-self.at.beta, 1.0)
        _, gradient, hessian = criterion.derivatives(at, at.half, direction, at.rho, criterion.nu)
        model = quadratic(gradient, hessian)
        tells = model.values[0] > UNKNOWN * model.values[-1]
        return inside(at.theta + model.step(RADIUS)[0] if tells else at.theta, criterion)

    def covariance_slopes(self) -> CovarianceSlopes:
        """What the parameters do to the covariance, at the estimates by REML of the same model."""
        criterion, at = self.criterion, self.at
        if not criterion.restricted:
            criterion = restrict(criterion)
            nearby = at.theta if self.held else self._nearby(criterion)
            at = criterion.at(nearby) if self.held else find_optimum(criterion, self.fold.factors, nearby).evaluation
        exactly = count_elements(criterion.products) <= MOST_ELEMENTS
        turned = turned_exactly(criterion, at) if exactly else turned_by_differences(criterion, at)
        return covariance_slopes(criterion, at, turned)

    def curvature(self) -> Curvature:
        """What small changes of the variance parameters do."""
        at, parameters = self.at, self.criterion.parameters
        lambdas = parameters.roots(at.theta)
        changes = [_change(lambdas[f], r, c) for f, r, c in parameters.places]
        direction = np.append(-at.beta, 1.0)
        slopes, log_rho = [], []
        for f, change in zip(parameters.factor, changes, strict=True):
            U = at.factors[f].U
            c = np.einsum("amj,m->aj", U, direction)
            log_rho.append(-float((change * (c @ c.T)).sum()) / at.rho)
            slopes.append(at.inverse @ _between(U[:, :-1], change) @ at.inverse)
        known, unknown = self._directions()
        return Curvature(
            covariance=joint_covariance(known @ known.T, np.array(log_rho), self.criterion.nu),
            inverse_slopes=np.array(slopes),
            log_sd_slopes=self._log_sd_slopes(lambdas, unknown),
            score_slopes=self._score_slopes(),
            untold=unknown,
        )

    def _directions(self) -> tuple[Matrix, Matrix]:
        """Directions of theta times their standard errors, (k, r), and directions without curvature (k, k - r).

        The latter do not change Psi, where it is singular, or change what the data do not tell. A held theta has
        neither.
        """
        if self.held:
            return np.zeros((self.at.theta.size, 0)), np.zeros((self.at.theta.size, 0))
        exact = len(self.fold.factors) == 1
        hessian = self.at.hessian if exact else hessian_by_differences(self.criterion, self.at.theta)
        values, vectors = np.linalg.eigh(hessian)
        if not exact and values[0] < DOUBTFUL * values[-1]:
            values, vectors = np.linalg.eigh(hessian_by_extrapolation(self.criterion, self.at.theta, hessian))
        known = values > UNKNOWN * float(values.max(initial=0.0))
        return vectors[:, known] * np.sqrt(2.0 / values[known]), vectors[:, ~known]

    def _log_sd_slopes(self, lambdas: list[Matrix], unknown: Matrix) -> tuple[Matrix, ...]:
        """The derivatives of log sd by theta, (q, k) a factor; nan where sd is zero or not told by the data."""
        parameters, found = self.criterion.parameters, []
        for f, (own, root) in enumerate(zip(self.fold.products.factors, lambdas, strict=True)):
            T = own.basis.transform
            scores = T @ root
            mine = parameters.factor == f
            slopes = np.zeros((len(root), parameters.count))
            slopes[:, mine] = T[:, parameters.row[mine]] * scores[:, parameters.column[mine]]
            slopes *= groupwise.reciprocal((scores**2).sum(axis=1))[:, None]
            slopes[~scores.any(axis=1)] = np.nan
            slopes[np.abs(slopes @ unknown).max(axis=1, initial=0.0) > LEANS] = np.nan
            found.append(slopes)
        return tuple(found)

    def _score_slopes(self) -> tuple[Matrices, ...]:
        """The derivatives by theta of the root of the covariance over sigma^2 in the units of the data, (k, q, q)."""
        parameters, found = self.criterion.parameters, []
        for f, own in enumerate(self.fold.products.factors):
            q = parameters.sizes[f]
            slopes = np.zeros((parameters.count, q, q))
            for i in np.flatnonzero(parameters.factor == f):
                slopes[i, :, parameters.column[i]] = own.basis.transform[:, parameters.row[i]]
            found.append(slopes)
        return tuple(found)


def inside(theta: Vector, criterion: Criterion) -> Vector:
    """Theta with the diagonal away from zero, where the criterion has no slope."""
    diagonal = criterion.parameters.row == criterion.parameters.column
    inside: Vector = np.where(diagonal & (np.abs(theta) < 0.01), 0.01, theta)
    return inside


def _change(root: Matrix, row: int, column: int) -> Matrix:
    """D Psi / d Lambda[row, column]."""
    change = np.zeros_like(root)
    change[row] += root[:, column]
    change[:, row] += root[:, column]
    return change


def _between(U: Matrices, change: Matrix) -> Matrix:
    """The sum over groups of U' change U, (p, p)."""
    total: Matrix = groupwise.weighted_products(U, np.einsum("ab,bkj->akj", change, U))
    return total


def joint_estimates(fold: Fold, criterion: Criterion, at: Evaluation) -> Estimates:
    """The estimates at one theta in the units of the data."""
    nu, products = criterion.nu, fold.products
    sigma = math.sqrt(at.rho / nu)
    direction = np.append(-at.beta, 1.0)
    lambdas = criterion.parameters.roots(at.theta)
    factors = []
    for factor, own, root, solved in zip(fold.factors, products.factors, lambdas, at.factors, strict=True):
        effects = np.concatenate([root @ root.T @ (direction @ U) for _, U in solved.parts()], axis=1)
        solution = RandomSolution(root, effects, solved.effects_covariance)
        factors.append(factor_estimates(factor, own, solution, sigma=sigma, unit=products.basis.y_unit, n=products.n))
    theta = criterion.parameters.theta([factor.root for factor in factors])
    return assemble(
        fold,
        beta=at.beta,
        covariance=sigma**2 * at.inverse,
        error_root=sigma * at.half.T,
        sigma=sigma,
        theta=theta[criterion.parameters.lme4_order],
        factors=tuple(factors),
        residual_df=nu,
    )
