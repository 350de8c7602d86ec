"""How much the columns of X vary over the rows."""

import numpy as np

from service.arrays import Vector
from service.engine import Estimates


def column_sds(estimates: Estimates) -> Vector:
    """The standard deviation of each column that has a coefficient, (p,), in its own unit; 0 of the intercept."""
    products = estimates.products
    basis, k = products.basis, products.basis.columns.size
    # The columns are the basis' ones, turned back.
    back = np.linalg.inv(basis.rotation[:k, :k]) if basis.is_rotated else np.eye(k)
    squares = ((products.scatter[:k, :k] @ back) * back).sum(axis=0)
    sds = np.sqrt(np.maximum(squares, 0.0) / max(products.n - 1, 1)) / basis.scale[:k]
    return np.concatenate([np.zeros(int(basis.intercept)), sds])
