"""A model with one varying coefficient, solved at many values of phi = theta^2 at once, for what averages over it.

With the criterion's A(phi) = S + sum_j lambda_j mu_j mu_j' (criterion.py), the likelihood with the coefficients
integrated out under a flat prior is, but for a constant,

    sigma^-(n - p) exp(log_factor - rho / (2 sigma^2)),   log_factor = -1/2 (sum_j log(1 + phi W_j) + log|A_XX|)

with rho the weighted residual sum of squares
(Harville 1974, Biometrika 61(2), for the likelihood of error contrasts that it equals).
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine.scalar.criterion import SCANNED, Criterion


@dataclass(frozen=True, slots=True)
class Solutions:
    """Generalised least squares at G values of phi, in units of the basis.

    `beta` (G, p); `whitening` (G, p, p) are R, lower triangular, with R'R = A_XX^-1, beta's covariance over
    sigma^2.
    """

    phis: Vector
    beta: Matrix
    whitening: Matrix


def solutions(criterion: Criterion, phis: Vector) -> Solutions:
    """The model solved at each phi (G,). Raises LinAlgError where A_XX is not positive definite."""
    A, _ = _products(criterion, phis)
    whitening, _ = whitened(A[:, :-1, :-1])
    taken = np.einsum("gij,gj->gi", whitening, A[:, :-1, -1])
    return Solutions(phis, np.einsum("gij,gi->gj", whitening, taken), whitening)


def likelihoods(criterion: Criterion, phis: Vector) -> tuple[Vector, Vector]:
    """The log factors and rho alone, (G,) each, at very many phi. Raises LinAlgError where A is not positive definite.

    The pivots of A's Cholesky factor, y the last of its columns, have all of them.
    """
    log_factor, rho = np.empty(phis.size), np.empty(phis.size)
    at_once = max(1, SCANNED // max(criterion.between.weights.size, criterion.within.size))
    for start in range(0, phis.size, at_once):
        some = slice(start, start + at_once)
        A, pooled = _products(criterion, phis[some])
        root, size = _scaled_root(A)
        pivots = np.log(np.diagonal(root, axis1=1, axis2=2) * size)
        log_factor[some] = -0.5 * (np.log(pooled) @ criterion.between.multiplicity) - pivots[:, :-1].sum(axis=1)
        rho[some] = np.exp(2.0 * pivots[:, -1])
    return log_factor, rho


def whitened(A: Matrices) -> tuple[Matrices, Vector]:
    """R (G, p, p), lower triangular, with R A R' = I and R'R = A^-1, and log|A| (G,), of positive definite A."""
    root, size = _scaled_root(A)
    log_determinant = 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2) * size).sum(axis=1)
    return np.linalg.inv(root) / size[:, None, :], log_determinant


def _products(criterion: Criterion, phis: Vector) -> tuple[Matrices, Matrix]:
    """A (G, m, m) and 1 + phi W (G, D)."""
    pooled = 1.0 + phis[:, None] * criterion.between.weights
    return criterion.within + criterion.between.weighted(criterion.between.weights / pooled), pooled


def _scaled_root(A: Matrices) -> tuple[Matrices, Matrix]:
    """The Cholesky factors of matrices (G, k, k) whose rows and columns are divided by their `size` (G, k)."""
    size = np.sqrt(np.diagonal(A, axis1=1, axis2=2))
    return np.linalg.cholesky(A / (size[:, :, None] * size[:, None, :])), size
