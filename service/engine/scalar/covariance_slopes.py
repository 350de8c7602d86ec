"""The slopes of the covariance of a model with one varying coefficient, by phi = theta^2 and by V's scale.

With lambda_j = W_j / (1 + phi W_j) all are sums over groups of powers of it: of lambda^2 mu_j mu_j' and lambda^3 mu_j
mu_j', and of lambda and lambda^2 alone.
"""

import numpy as np

from service.engine.covariance_slopes import CovarianceSlopes, with_scale
from service.engine.scalar.criterion import Criterion, Evaluation


def covariance_slopes_at(criterion: Criterion, at: Evaluation, n: int) -> CovarianceSlopes:
    """The slopes at one phi; `n` counts the rows."""
    w, count = criterion.between.weights, criterion.between.multiplicity
    lam = w / (1.0 + at.phi * w)
    square = lam * lam
    first, second = at.half.T @ criterion.between.weighted(np.array([square, square * lam]))[:, :-1, :-1] @ at.half
    return with_scale(
        first[None],
        second[None, None],
        traces=np.array([[square @ count]]),
        totals=np.array([lam @ count]),
        sigma=float(np.sqrt(at.rho / criterion.nu)),
        half=at.half,
        n=n,
    )
