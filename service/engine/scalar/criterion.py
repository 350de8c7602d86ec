"""The profiled deviance of a model with one varying coefficient as a function of phi = theta^2, with its derivatives.

theta is the standard deviation of the coefficient over that of the residuals. With W_j = G_j (for an intercept the
weight of group j), mu_j = M_j (the group's means) and lambda_j = W_j / (1 + phi W_j),

    A(phi)   = S + sum_j lambda_j mu_j mu_j'            (crossproducts.py; y is the last column)
    beta     = A_XX^-1 A_Xy,   rho = A_yy - A_yX beta   (Bates et al. 2015, J. Stat. Softw. 67(1), eqs. 31-34)
    deviance = sum_j log(1 + phi W_j) + [REML] log|A_XX| + nu (1 + log(2 pi rho / nu)) - sum log w

with nu = n - p for REML and n for ML (eqs. 35 and 41). Since d lambda / d phi = -lambda^2, every derivative has the
form of the thing itself with another power of lambda.
"""

import math
import sys
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.crossproducts import CrossProducts
from service.engine.profile import profile_constants, whiten
from service.engine.scalar.between import Between, between_groups

SCANNED = 1_000_000
"""Numbers, weights of groups or cross-products, that a scan may hold at once."""

LARGE = 32
"""Columns from which arithmetic costs more than calls."""


CHANGE = 1e-30
"""A change, relative to what changes, whose square is nothing beside one."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The criterion at one phi, in units of the basis.

    `value` is the deviance with every constant, `slope` and `curvature` its derivatives by phi. `beta` (p,) and
    `rho`, the weighted residual sum of squares, which is what X leaves of `total`, A_yy; `inverse` (p, p) = A_XX^-1 is
    half half' of `half` (p, p), and `A1` (p, p) the derivative of A_XX. `rho_slope` and `joint_curvature` are
    d rho / d phi and the second derivative by phi with sigma held.
    """

    phi: float
    value: float
    slope: float
    curvature: float
    beta: Vector
    rho: float
    total: float
    half: Matrix
    inverse: Matrix
    A1: Matrix
    rho_slope: float
    joint_curvature: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What the slopes of REML and ML share at G values of phi.

    The derivatives by phi, (G,) each: `pooled` of sum_j log(1 + phi W_j), `log_rho` of log rho, `log_determinant` of
    log|A_XX|.
    """

    phis: Vector
    pooled: Vector
    log_rho: Vector
    log_determinant: Vector


@dataclass(frozen=True, slots=True)
class Criterion:
    """The deviance as a function of phi. `nu` are the residual degrees of freedom it profiles sigma with."""

    restricted: bool
    nu: int
    constant: float
    within: Matrix
    between: Between

    def scan(self, phis: Vector) -> Scan:
        """What the slopes at many values of phi are made of."""
        at_once = max(1, SCANNED // max(self.between.weights.size, self.within.size))
        parts = [self._derivatives(phis[start : start + at_once]) for start in range(0, phis.size, at_once)]
        return Scan(phis, *map(np.concatenate, zip(*parts, strict=True)))

    def slopes(self, scan: Scan) -> Vector:
        """The slopes by phi, (G,), of this criterion where another of the same cross-products was scanned."""
        slopes = scan.pooled + self.nu * scan.log_rho
        return slopes + scan.log_determinant if self.restricted else slopes

    def _derivatives(self, phis: Vector) -> tuple[Vector, Vector, Vector]:
        """The three derivatives of a scan, (G,) each, from all values of phi at once."""
        w = self.between.weights
        lam = w / (1.0 + phis[:, None] * w)
        sums = self.between.weighted(np.concatenate([lam, lam * lam]))
        A, A1 = self.within + sums[: phis.size], -sums[phis.size :]
        pooled = lam @ self.between.multiplicity
        if len(self.within) < LARGE:
            return pooled, *derivatives_together(A.transpose(1, 2, 0), A1.transpose(1, 2, 0), self.reach(phis))
        return pooled, *_derivatives_in_turn(A, A1)

    def reach(self, phis: Vector) -> Vector:
        """By how much each phi may change before A changes by more than itself, (G,)."""
        reach: Vector = phis + 1.0 / self.between.weights.max()
        return reach

    def at(self, phi: float) -> Evaluation:
        """The criterion with all its derivatives at one phi."""
        w, count = self.between.weights, self.between.multiplicity
        lam = w / (1.0 + phi * w)
        square = lam * lam
        powers = np.array([lam, -square, 2.0 * square * lam])
        derivatives, sums = self.between.weighted(powers), (powers @ count).tolist()
        A, A1, _ = derivatives
        A += self.within
        R, log_determinant = whiten(A[:-1, :-1])
        beta = (R @ A[:-1, -1]) @ R
        # In these coordinates A_XX is the identity, and y what X leaves of it: derivatives are traces and squares.
        turn = np.zeros_like(A)
        turn[:-1, :-1], turn[-1, :-1], turn[-1, -1] = R, -beta, 1.0
        turned, W, W2 = turn @ derivatives @ turn.T
        # Where X and the groups explain all of y rounding may leave less than nothing.
        rho = max(float(turned[-1, -1]), sys.float_info.min)
        inner, pull = W[:-1, :-1], W[-1, :-1]
        *bends, bend = W2.diagonal().tolist()
        rho1 = float(W[-1, -1]) / rho
        rho2 = (bend - 2.0 * float(pull @ pull)) / rho
        value = float(np.log1p(phi * w) @ count)
        first, second = sums[0], sums[1]
        if self.restricted:
            value += log_determinant
            first += float(inner.trace())
            second += sum(bends) - float((inner * inner).sum())
        return Evaluation(
            phi=phi,
            value=value + self.nu * math.log(rho) + self.constant,
            slope=first + self.nu * rho1,
            curvature=second + self.nu * (rho2 - rho1 * rho1),
            beta=beta,
            rho=rho,
            total=float(A[-1, -1]),
            half=R.T,
            inverse=R.T @ R,
            A1=A1[:-1, :-1],
            rho_slope=rho1 * rho,
            joint_curvature=second + self.nu * rho2,
        )


def derivatives_together(A: Matrices, A1: Matrices, reach: Vector) -> tuple[Vector, Vector]:
    """The derivatives of log rho and log|A_XX|, (G,) each, for A and its derivatives (m, m, G).

    They are those of the logarithms of A's pivots, y's the last, when a column after the other is eliminated.
    Arithmetic carries them along as the imaginary part of a change so small that its square is nothing beside one
    (Squire & Trapp 1998, SIAM Rev. 40(1)): a share of `reach` (G,), where A1 is of the order of A at most.
    """
    change = CHANGE * reach
    left = np.empty(A.shape, dtype=np.complex128)
    left.real, left.imag = A, A1 * change
    # Where phi is so large that columns which Z determines only together are as good as dependent, rounding may leave
    # nothing of one.
    rounding = sys.float_info.epsilon * A.diagonal().T
    pivots = np.empty(rounding.shape, dtype=np.complex128)
    for pivot, least in zip(pivots[:-1], rounding, strict=False):
        pivot[:], row = left[0, 0], left[0, 1:]
        np.maximum(pivot.real, least, out=pivot.real)
        left = left[1:, 1:] - (row / pivot)[:, None] * row
    pivots[-1] = left[0, 0]
    slopes = pivots.imag / np.maximum(pivots.real, sys.float_info.min) / change
    return slopes[-1], slopes[:-1].sum(axis=0)


def _derivatives_in_turn(A: Matrix, A1: Matrix) -> tuple[Vector, Vector]:
    """The same, one matrix after the other: a third of the work, which counts where the matrices are large."""
    log_rho, log_determinant = np.empty(len(A)), np.empty(len(A))
    for g, (at, slope) in enumerate(zip(A, A1, strict=True)):
        R, _ = whiten(at[:-1, :-1])
        direction = np.append(-(R @ at[:-1, -1]) @ R, 1.0)
        log_rho[g] = direction @ slope @ direction / max(float(direction @ at @ direction), sys.float_info.min)
        log_determinant[g] = ((R @ slope[:-1, :-1]) * R).sum()
    return log_rho, log_determinant


def criterion_of(products: CrossProducts, *, restricted: bool) -> Criterion:
    """The deviance (REML if `restricted`, else ML) of the model whose cross-products these are."""
    between = between_groups(products.factors[0].gram[0, 0], products.solution[0].T)
    nu, constant = profile_constants(products, restricted=restricted)
    return Criterion(restricted, nu, constant, products.within, between)


def unrestricted(criterion: Criterion, products: CrossProducts) -> Criterion:
    """The ML deviance of the same model."""
    nu, constant = profile_constants(products, restricted=False)
    return replace(criterion, restricted=False, nu=nu, constant=constant)


def restrict(criterion: Criterion, products: CrossProducts) -> Criterion:
    """The REML deviance of the same model."""
    nu, constant = profile_constants(products, restricted=True)
    return replace(criterion, restricted=True, nu=nu, constant=constant)
