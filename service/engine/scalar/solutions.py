"""A model with one varying coefficient, solved at many values of phi = theta^2 at once, for what averages over it.

With the criterion's A(phi) = S + sum_j lambda_j mu_j mu_j' (criterion.py), the likelihood with the coefficients
integrated out under a flat prior is, but for a constant,

    sigma^-(n - p) exp(log_factor - rho / (2 sigma^2)),   log_factor = -1/2 (sum_j log(1 + phi W_j) + log|A_XX|)

(Harville 1974, Biometrika 61(2), for the likelihood of error contrasts that it equals).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.scalar.criterion import SCANNED, Criterion


@dataclass(frozen=True, slots=True)
class Solutions:
    """Generalised least squares at G values of phi, in units of the basis.

    `log_factor` and `rho`, the weighted residual sum of squares, (G,) make up the likelihood. `beta` (G, p);
    `whitening` (G, p, p) are R, lower triangular, with R'R = A_XX^-1: the covariance of beta over sigma^2.
    """

    phis: Vector
    log_factor: Vector
    rho: Vector
    beta: Matrix
    whitening: Matrix


def solutions(criterion: Criterion, phis: Vector) -> Solutions:
    """The model solved at each phi (G,). Raises LinAlgError where A_XX is not positive definite."""
    w = criterion.between.weights
    pooled = 1.0 + phis[:, None] * w
    A = criterion.within + criterion.between.weighted(w / pooled)
    size = np.sqrt(np.diagonal(A, axis1=1, axis2=2)[:, :-1])
    root = np.linalg.cholesky(A[:, :-1, :-1] / (size[:, :, None] * size[:, None, :]))
    whitening = np.linalg.inv(root) / size[:, None, :]
    taken = np.einsum("gij,gj->gi", whitening, A[:, :-1, -1])
    beta = np.einsum("gij,gi->gj", whitening, taken)
    direction = np.concatenate([-beta, np.ones((len(A), 1))], axis=1)
    rho = np.einsum("gi,gij,gj->g", direction, A, direction)
    log_roots = np.log(np.diagonal(root, axis1=1, axis2=2) * size).sum(axis=1)
    return Solutions(
        phis=phis,
        log_factor=-0.5 * (np.log(pooled) @ criterion.between.multiplicity) - log_roots,
        # Where X and the groups explain all of y rounding may leave less than nothing.
        rho=np.maximum(rho, sys.float_info.min),
        beta=beta,
        whitening=whitening,
    )


def likelihoods(criterion: Criterion, phis: Vector) -> tuple[Vector, Vector]:
    """The log factors and rho at very many phi, (G,) each; nothing else is kept. Raises as `solutions`."""
    found = [(each.log_factor, each.rho) for each in _in_turn(criterion, phis)]
    log_factor, rho = (np.concatenate(part) for part in zip(*found, strict=True))
    return log_factor, rho


def _in_turn(criterion: Criterion, phis: Vector) -> Iterator[Solutions]:
    """The solutions, as many at a time as the memory should hold."""
    at_once = max(1, SCANNED // max(criterion.between.weights.size, criterion.within.size))
    for start in range(0, phis.size, at_once):
        yield solutions(criterion, phis[start : start + at_once])
