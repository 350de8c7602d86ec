"""The profiled deviance as a function of theta, for any random factors, with its derivatives.

With V = I + sum_f Z_f Psi_f Z_f', Psi_f = Lambda_f Lambda_f' the effects' covariance over sigma^2, A = D'V^-1 D,

    deviance = log|V| + [REML] log|A_XX| + nu (1 + log(2 pi rho / nu)) - sum log w

(Bates et al. 2015, J. Stat. Softw. 67(1), eqs. 35 and 41); the first factor is eliminated group by group
(elimination.py), the others after it (remainder.py). Derivatives by Psi_f need only N = Z'V^-1 Z and U = Z'V^-1 D of
each group (derivatives.py).
"""

import math
import sys
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.arrangement import Arrangement, arrange
from service.engine.crossproducts import CrossProducts
from service.engine.derivatives import by_theta, gradient_by_theta, slopes_by_psi
from service.engine.elimination import (
    Alone,
    Pooled,
    columns_of,
    graded_roots,
    grading,
    groups_of,
    pool,
    shrunken,
)
from service.engine.profile import profile_constants, whiten
from service.engine.random_factors import Parameters
from service.engine.remainder import Groups, Solution, Solved

STEP = 1e-4
"""Relative step of the differences of the gradient: their error is its square, rounding of the gradient over it."""


FEW_GROUPS = 4096
"""Groups of the only factor up to which U is kept: to make it again takes a tenth of an evaluation, to hold it of more
groups takes as much memory as their columns."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The criterion at one theta, in units of the bases.

    `value` is the deviance with every constant, `gradient` (k,) its derivatives by theta, `hessian` (k, k) the second
    ones: exact for a single factor, their expectation otherwise. `beta` (p,) and `rho`, the weighted residual sum of
    squares; `inverse` (p, p) = A_XX^-1 is half half' of `half` (p, p). `factors` are the groups of every factor,
    `slopes` the derivatives by Psi_f. `uncertainty` is what rounding may have done to the value.
    """

    theta: Vector
    value: float
    gradient: Vector
    hessian: Matrix
    beta: Vector
    rho: float
    half: Matrix
    inverse: Matrix
    factors: tuple[Groups, ...]
    slopes: tuple[Matrix, ...]
    uncertainty: float


@dataclass(frozen=True, slots=True)
class Point:
    """One theta, with everything eliminated: what the criterion and its derivatives are made of.

    `lambdas` are the Lambdas in the random bases; `log_determinant` is log|V|, `log_determinant_fixed` log|A_XX|.
    `half` (p, p) is such that half half' = A_XX^-1; `beta` (p,), `rho`, `factors` and `uncertainty` as in `Evaluation`.
    `direction` (m,) is what multiplies D = [X y] to make the residuals, (-beta, 1).
    """

    theta: Vector
    lambdas: list[Matrix]
    log_determinant: float
    log_determinant_fixed: float
    half: Matrix
    beta: Vector
    direction: Vector
    rho: float
    factors: tuple[Groups, ...]
    uncertainty: float


@dataclass(frozen=True, slots=True)
class _Eliminated:
    """D'V^-1 D (m, m), log|V|, the groups of every factor, and y'V_1^-1 y, from which later factors are subtracted."""

    products: Matrix
    log_determinant: float
    factors: tuple[Groups, ...]
    subtracted_from: float


@dataclass(frozen=True, slots=True)
class Criterion:
    """The deviance as a function of theta. `nu` are the residual degrees of freedom it profiles sigma with."""

    restricted: bool
    nu: int
    constant: float
    parameters: Parameters
    products: CrossProducts
    arrangement: Arrangement | None
    roots: dict[tuple[int, ...], Matrices] = field(default_factory=dict)

    def at(self, theta: Vector) -> Evaluation:
        """The criterion with its derivatives at theta (k,), the parameters of the Lambdas in the random bases."""
        point = self.reach(theta)
        slopes, gradient, hessian = self.derivatives(point, point.half, point.direction, point.rho, self.nu)
        return Evaluation(
            theta=theta,
            value=self.value(point),
            gradient=gradient,
            hessian=hessian,
            beta=point.beta,
            rho=point.rho,
            half=point.half,
            inverse=point.half @ point.half.T,
            factors=point.factors,
            slopes=tuple(slopes),
            uncertainty=point.uncertainty,
        )

    def value(self, point: Point) -> float:
        """The criterion at a point."""
        value = point.log_determinant + self.nu * math.log(point.rho) + self.constant
        return value + point.log_determinant_fixed if self.restricted else value

    def reach(self, theta: Vector) -> Point:
        """What the criterion and its derivatives at theta (k,) are made of."""
        lambdas = self.parameters.roots(theta)
        eliminated = self._eliminate(lambdas)
        A = eliminated.products
        R, log_determinant_fixed = whiten(A[:-1, :-1])
        beta = (R @ A[:-1, -1]) @ R
        direction = np.append(-beta, 1.0)
        # Where X and the groups explain all of y rounding may leave less than nothing.
        rho = max(float(direction @ A @ direction), sys.float_info.min)
        return Point(
            theta=theta,
            lambdas=lambdas,
            log_determinant=eliminated.log_determinant,
            log_determinant_fixed=log_determinant_fixed,
            half=R.T,
            beta=beta,
            direction=direction,
            rho=rho,
            factors=eliminated.factors,
            uncertainty=self.nu * sys.float_info.epsilon * eliminated.subtracted_from / rho,
        )

    def derivatives(
        self,
        point: Point | Evaluation,
        half: Matrix,
        direction: Vector,
        rho: float,
        nu: int,
        *,
        sigma_follows: bool = True,
    ) -> tuple[list[Matrix], Vector, Matrix]:
        """The slopes by every Psi_f, the gradient (k,) and the Hessian (k, k) by theta, of a deviance at a point.

        By `half` (p, r), `direction` (m,), `rho` and `nu` it may be that of a model in which coefficients are held, or
        sigma (derivatives.py).
        """
        slopes, curvature = slopes_by_psi(
            point.factors, half, direction, rho, nu, restricted=self.restricted, sigma_follows=sigma_follows
        )
        return slopes, *by_theta(self.parameters, self.parameters.roots(point.theta), slopes, curvature)

    def rho_slope(self, point: Point) -> Vector:
        """The derivatives of rho by theta, (k,)."""
        pulls = (point.direction @ solved.U for solved in point.factors)
        return gradient_by_theta(self.parameters, point.lambdas, [-(c @ c.T) for c in pulls])

    def pooled(self, root: Matrix) -> Pooled:
        """The first factor's groups, pooled as its Lambda says."""
        psi = root @ root.T
        return pool(self._roots(grading(psi)), psi)

    def rest_covariance(self, theta: Vector) -> Vector:
        """H of the factors after the first, of which there must be some, at the elements of their remainder."""
        lambdas, products = self.parameters.roots(theta), self.products
        N = self.pooled(lambdas[0]).N
        U = groupwise.product(N, products.solution)
        A = products.within + groupwise.weighted_products(products.solution, U)
        if self.arrangement is None:
            raise TypeError("there is no factor after the first")
        return _eliminate_rest(self.arrangement, N, U, A, lambdas[1:]).H

    def _eliminate(self, lambdas: list[Matrix]) -> "_Eliminated":
        """All factors eliminated, the first and then what remains."""
        products, first, q = self.products, self.products.factors[0], len(lambdas[0])
        pooled = self.pooled(lambdas[0])
        M, N, plan = products.solution, pooled.N, self.arrangement
        if plan is None and N.shape[2] > FEW_GROUPS:
            alone = Alone(N, first.gram, M, lambdas[0])
            return _Eliminated(products.within + alone.products(), pooled.log_determinant, (alone,), 0.0)
        U = groupwise.product(N, M)
        A = products.within + groupwise.weighted_products(M, U)
        if plan is None:
            solved = Solved(N, U, partial(shrunken, first.gram, lambdas[0]))
            return _Eliminated(A, pooled.log_determinant, (solved,), 0.0)
        then = _eliminate_rest(plan, N, U, A, lambdas[1:])
        around = plan.spread.back(then.H)
        lean = groups_of(plan.solution @ then.lean, q)
        solved = Solved(
            N - groupwise.product(groupwise.product(N, around), N),
            groupwise.product(N, M - lean),
            partial(_widened, first.gram, lambdas[0], around),
        )
        log_determinant = pooled.log_determinant + then.log_determinant
        return _Eliminated(then.products, log_determinant, (solved, *then.factors), float(A[-1, -1]))

    def _roots(self, order: tuple[int, ...]) -> Matrices:
        """The roots of the first factor's Grams for this order, made once."""
        if order not in self.roots:
            self.roots[order] = graded_roots(self.products.factors[0].gram, order)
        return self.roots[order]


def _eliminate_rest(plan: Arrangement, N: Matrices, U: Matrices, A: Matrix, lambdas: list[Matrix]) -> Solution:
    """The factors after the first, of these `lambdas`, eliminated; N, U and A are what the first leaves."""
    values = plan.spread.forward(N)
    values += plan.values
    cross = plan.cross + plan.solution.T @ columns_of(U)
    return plan.rest.solve(values, cross, A, lambdas)


def _widened(gram: Matrices, root: Matrix, around: Matrices) -> Matrices:
    """H (q, q, J) of the first factor: what is known given the other factors' effects, and what those leave open."""
    H = shrunken(gram, root)
    inner = groupwise.product(H, gram)
    return H + groupwise.product(groupwise.product(inner, around), inner.transpose(1, 0, 2))


def criterion_of(products: CrossProducts, parameters: Parameters, *, restricted: bool) -> Criterion:
    """The deviance (REML if `restricted`, else ML) of the model whose cross-products these are."""
    return _criterion(products, parameters, arrange(products), restricted=restricted)


def unrestricted(criterion: Criterion) -> Criterion:
    """The ML deviance of the same model."""
    return _criterion(criterion.products, criterion.parameters, criterion.arrangement, restricted=False)


def restrict(criterion: Criterion) -> Criterion:
    """The REML deviance of the same model."""
    return _criterion(criterion.products, criterion.parameters, criterion.arrangement, restricted=True)


def _criterion(
    products: CrossProducts, parameters: Parameters, arrangement: Arrangement | None, *, restricted: bool
) -> Criterion:
    nu, constant = profile_constants(products, restricted=restricted)
    return Criterion(restricted, nu, constant, parameters, products, arrangement)


def hessian_by_differences(criterion: Criterion, theta: Vector, relative: float = STEP) -> Matrix:
    """The Hessian (k, k) by central differences of the gradient, where `Evaluation` has its expectation only."""
    columns = []
    for i in range(theta.size):
        step = np.zeros_like(theta)
        step[i] = relative * max(1.0, abs(theta[i]))
        columns.append((criterion.at(theta + step).gradient - criterion.at(theta - step).gradient) / (2.0 * step[i]))
    hessian: Matrix = np.array(columns)
    return 0.5 * (hessian + hessian.T)


def hessian_by_extrapolation(criterion: Criterion, theta: Vector, near: Matrix) -> Matrix:
    """The same, of which `near` are the differences, from a second step: the error is its fourth power (Richardson)."""
    return (4.0 * near - hessian_by_differences(criterion, theta, 2.0 * STEP)) / 3.0
