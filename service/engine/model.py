"""A fitted model of any random factors: what can be asked of it beyond its estimates."""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.conditioning import Fold
from service.engine.criterion import Criterion, Evaluation, unrestricted
from service.engine.curvature import Curvature, joint_covariance
from service.engine.elimination import weighted_products
from service.engine.estimates import Estimates, RandomSolution, assemble, factor_estimates
from service.engine.search import find_optimum

STEP = 1e-4
"""Relative step of the differences of the gradient: their error is its square, rounding of the gradient over it."""

UNKNOWN = 1e-9
"""Curvature, as a share of the largest, of a direction that the data do not tell."""


@dataclass(frozen=True, slots=True)
class JointModel:
    """The criterion of a model, the evaluation at its estimates; `held` says that theta was given, not estimated."""

    fold: Fold
    criterion: Criterion
    at: Evaluation
    held: bool

    def deviance(self) -> float:
        """-2 log likelihood of the same model fitted by ML."""
        full = unrestricted(self.criterion) if self.criterion.restricted else self.criterion
        if self.held:
            return full.at(self.at.theta).value
        return find_optimum(full, self.fold.factors, _inside(self.at.theta, self.criterion)).evaluation.value

    def curvature(self) -> Curvature:
        """What small changes of the variance parameters do."""
        at, parameters = self.at, self.criterion.parameters
        lambdas = parameters.roots(at.theta)
        changes = [
            _change(lambdas[f], r, c)
            for f, r, c in zip(parameters.factor, parameters.row, parameters.column, strict=True)
        ]
        direction = np.append(-at.beta, 1.0)
        slopes, log_rho = [], []
        for f, change in zip(parameters.factor, changes, strict=True):
            U = at.factors[f].U
            c = np.einsum("amj,m->aj", U, direction)
            log_rho.append(-float((change * (c @ c.T)).sum()) / at.rho)
            slopes.append(at.inverse @ _between(U[:, :-1], change) @ at.inverse)
        covariance = np.zeros((parameters.count, parameters.count)) if self.held else self._theta_covariance()
        return Curvature(
            covariance=joint_covariance(covariance, np.array(log_rho), self.criterion.nu),
            inverse_slopes=np.array(slopes),
            log_sd_slopes=self._log_sd_slopes(lambdas),
        )

    def _theta_covariance(self) -> Matrix:
        """The covariance (k, k) of theta: twice the inverse Hessian, over the directions in which there is curvature."""
        exact = len(self.fold.factors) == 1
        hessian = self.at.hessian if exact else _differences(self.criterion, self.at.theta)
        values, vectors = np.linalg.eigh(hessian)
        known = values > UNKNOWN * float(values.max(initial=0.0))
        covariance: Matrix = 2.0 * (vectors[:, known] / values[known]) @ vectors[:, known].T
        return covariance

    def _log_sd_slopes(self, lambdas: list[Matrix]) -> tuple[Matrix, ...]:
        """D log sd / d theta of every factor's coefficients, (q, k)."""
        parameters, found = self.criterion.parameters, []
        for f, (own, root) in enumerate(zip(self.fold.products.factors, lambdas, strict=True)):
            T = own.basis.transform
            scores = T @ root
            slopes = np.zeros((len(root), parameters.count))
            for i, (factor, r, c) in enumerate(zip(parameters.factor, parameters.row, parameters.column, strict=True)):
                if factor == f:
                    slopes[:, i] = T[:, r] * scores[:, c]
            squares = (scores**2).sum(axis=1)
            slopes[squares == 0] = np.nan
            found.append(slopes * groupwise.reciprocal(squares)[:, None])
        return tuple(found)


def _inside(theta: Vector, criterion: Criterion) -> Vector:
    """Theta with the diagonal away from zero, where the criterion has no slope."""
    diagonal = criterion.parameters.row == criterion.parameters.column
    return np.where(diagonal & (np.abs(theta) < 0.01), 0.01, theta)


def _change(root: Matrix, row: int, column: int) -> Matrix:
    """D Psi / d Lambda[row, column]."""
    change = np.zeros_like(root)
    change[row] += root[:, column]
    change[:, row] += root[:, column]
    return change


def _between(U: Matrices, change: Matrix) -> Matrix:
    """The sum over groups of U' change U, (p, p)."""
    return weighted_products(U, np.einsum("ab,bkj->akj", change, U))


def _differences(criterion: Criterion, theta: Vector) -> Matrix:
    """The Hessian (k, k) by central differences of the gradient."""
    columns = []
    for i in range(theta.size):
        step = np.zeros_like(theta)
        step[i] = STEP * max(1.0, abs(theta[i]))
        columns.append((criterion.at(theta + step).gradient - criterion.at(theta - step).gradient) / (2.0 * step[i]))
    hessian = np.array(columns)
    return 0.5 * (hessian + hessian.T)


def joint_estimates(fold: Fold, criterion: Criterion, at: Evaluation) -> Estimates:
    """The estimates at one theta in the units of the data."""
    nu, products = criterion.nu, fold.products
    sigma = float(np.sqrt(at.rho / nu))
    direction = np.append(-at.beta, 1.0)
    lambdas = criterion.parameters.roots(at.theta)
    factors = []
    for factor, own, root, solved in zip(fold.factors, products.factors, lambdas, at.factors, strict=True):
        effects = root @ root.T @ np.einsum("amj,m->aj", solved.U, direction)
        solution = RandomSolution(root, effects, solved.effects_covariance())
        factors.append(factor_estimates(factor, own, solution, sigma, products.basis.y_unit, products.n))
    theta = criterion.parameters.theta([factor.root for factor in factors])
    return assemble(
        fold,
        beta=at.beta,
        covariance=sigma**2 * at.inverse,
        sigma=sigma,
        theta=theta[criterion.parameters.lme4_order],
        factors=tuple(factors),
        residual_df=nu,
    )
