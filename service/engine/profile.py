"""What every criterion profiles out: the coefficients, by whitening A_XX, and sigma."""

import math

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from service.arrays import Matrix
from service.engine.crossproducts import CrossProducts


def whiten(A: Matrix) -> tuple[Matrix, float]:
    """R, lower triangular, with R A R' = I and R'R = A^-1, and log|A|, of a positive definite A.

    Raises LinAlgError if A, scaled to unit diagonal, is not positive definite.
    """
    if not A.size:
        return A, 0.0
    size = np.sqrt(A.diagonal())
    root, failed = dpotrf(A / (size[:, None] * size), lower=1)
    if failed:
        raise np.linalg.LinAlgError("not positive definite")
    return dtrtri(root, lower=1)[0] / size, 2.0 * float(np.log(root.diagonal() * size).sum())


def profile_constants(products: CrossProducts, *, restricted: bool) -> tuple[int, float]:
    """The degrees of freedom sigma is profiled with, and the terms of the deviance that no theta changes."""
    basis, n = products.basis, products.n
    nu = n - (products.width - 1) if restricted else n
    constant = nu * (1.0 + math.log(2.0 * math.pi / nu) + 2.0 * math.log(basis.y_unit)) - products.log_weights
    if restricted:
        constant -= 2.0 * basis.log_determinant
    return nu, constant
