"""What every criterion profiles out: the coefficients, by inverting A_XX, and sigma."""

import math

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from service.arrays import Matrix
from service.engine.crossproducts import CrossProducts


def invert(A: Matrix) -> tuple[Matrix, float]:
    """The inverse and the log determinant of a positive definite matrix, scaled to unit diagonal meanwhile."""
    size = np.sqrt(A.diagonal())
    units = size[:, None] * size
    root, failed = dpotrf(A / units, lower=True)
    if failed:
        raise np.linalg.LinAlgError("not positive definite")
    half = dpotri(root, lower=True)[0]
    inverse = half + half.T
    inverse[np.diag_indices_from(inverse)] *= 0.5
    inverse /= units
    return inverse, 2.0 * float(np.log(root.diagonal() * size).sum())


def profile_constants(products: CrossProducts, *, restricted: bool) -> tuple[int, float]:
    """The degrees of freedom sigma is profiled with, and the terms of the deviance that no theta changes."""
    basis, n = products.basis, products.n
    nu = n - (products.width - 1) if restricted else n
    constant = nu * (1.0 + math.log(2.0 * math.pi / nu) + 2.0 * math.log(basis.y_unit)) - products.log_weights
    if restricted:
        constant -= 2.0 * basis.log_determinant
    return nu, constant
