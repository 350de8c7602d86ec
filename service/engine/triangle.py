"""The triangle of many rows: R of their QR factorisation, made block by block (TSQR).

R'R are the cross-products of the columns, but R has twice their digits: what is dependent among its columns is so among
those of the rows (Demmel et al. 2012, SIAM J. Sci. Comput. 34).
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import qr

from service.arrays import Matrix
from service.engine.columns import Column, blocks, rows_at_once


def triangle_below(R: Matrix, columns: Sequence[Column], n: int) -> Matrix:
    """The triangle of the rows that R (r, k) stands for and of n more, which are those of these k columns."""
    width = len(columns)
    for rows in blocks(n, max(width, rows_at_once(width))):
        block = np.empty((width, rows.stop - rows.start))
        for column, out in zip(columns, block, strict=True):
            column.fill(rows, out)
        R = triangular_factor(np.vstack([R, block.T]))
    return R


def triangular_factor(A: Matrix) -> Matrix:
    """R of A = QR, without rows that are zero whatever A."""
    return np.asarray(qr(A, mode="r", check_finite=False)[0], dtype=np.float64)[: A.shape[1]]
