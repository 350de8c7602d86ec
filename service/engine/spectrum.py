"""The spectrum of one small matrix, by LAPACK itself: NumPy's preparations for stacks of them take longer than it."""

import numpy as np
from scipy.linalg.lapack import dgesdd, dsyevd

from service.arrays import Matrix, Vector


def eigen(A: Matrix) -> tuple[Vector, Matrix]:
    """The eigenvalues (k,), rising, and vectors (k, k) of a symmetric matrix, of which the lower triangle is read.

    Raises LinAlgError where they are not found.
    """
    values, vectors, failed = dsyevd(A, lower=1)
    if failed:
        raise np.linalg.LinAlgError("no eigenvalues found")
    return values, vectors


def singular(A: Matrix) -> tuple[Matrix, Vector]:
    """The left singular vectors (k, k) and the singular values (k,), falling, of a square matrix.

    Raises LinAlgError where they are not found.
    """
    U, values, _, failed = dgesdd(A)
    if failed:
        raise np.linalg.LinAlgError("no singular values found")
    return U, values
