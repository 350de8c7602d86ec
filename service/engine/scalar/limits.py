"""The two ends of partial pooling, where the criterion itself has no value: no pooling, and no noise.

As theta grows without bound the coefficients tend to those that first minimise the squares within groups and then,
where that leaves them free (the intercept, group-level predictors), the unweighted squares between group means.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.crossproducts import CrossProducts


@dataclass(frozen=True, slots=True)
class NoPooling:
    """The limit theta -> infinity, in units of the basis.

    `beta` (p,); `within_inverse` (p, p), times the residual variance, and `between_inverse` (p, p), times the groups'
    variance, add up to its covariance. `residual_squares` and `residual_df` are left within groups, `between_squares`
    and `between_df` between their means.
    """

    beta: Vector
    within_inverse: Matrix
    between_inverse: Matrix
    residual_squares: float
    residual_df: int
    between_squares: float
    between_df: int


def no_pooling(products: CrossProducts) -> NoPooling:
    """The limit of the model as the groups' variance outgrows the residual variance."""
    taking_part = products.factors[0].gram[0, 0] > 0
    within, means = products.within, products.solution[0].T[taking_part]
    X, y = means[:, :-1], means[:, -1]
    p = X.shape[1]
    constant = products.determined()
    inside, outside = np.flatnonzero(constant == 0), np.flatnonzero(constant)
    square = np.ix_(inside, inside)
    size = np.sqrt(np.diag(within))[inside]
    inverse = np.zeros((p, p))
    inverse[square] = np.linalg.inv(within[square] / np.outer(size, size)) / np.outer(size, size)
    beta = inverse @ within[:-1, -1]
    direction = np.append(-beta, 1.0)
    squares = max(float(direction @ within @ direction), 0.0)
    level = X[:, outside]
    beta[outside] = np.linalg.lstsq(level, y - X @ beta, rcond=None)[0]
    between = y - X @ beta
    between_inverse = np.zeros((p, p))
    between_inverse[np.ix_(outside, outside)] = np.linalg.pinv(level.T @ level)
    return NoPooling(
        beta=beta,
        within_inverse=inverse,
        between_inverse=between_inverse,
        residual_squares=squares,
        residual_df=products.n - len(means) - inside.size,
        between_squares=float(between @ between),
        between_df=len(means) - outside.size,
    )
