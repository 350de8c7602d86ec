"""How well the variance parameters are known, from the curvature of the deviance at the optimum.

With sigma no longer profiled out, deviance(theta, s) = Q(theta) + nu s + rho(theta) exp(-s), s = log sigma^2. Where the
profiled deviance has Hessian H by theta and d log rho / d theta = r, twice the inverse of the joint Hessian is

    Cov(theta) = 2 H^-1,   Cov(theta, s) = Cov(theta) r,   Var(s) = 2 / nu + r' Cov(theta) r.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector


@dataclass(frozen=True, slots=True)
class Curvature:
    """What small changes of the k variance parameters do.

    `covariance` (k + 1, k + 1) is the asymptotic covariance of the parameters and log sigma^2; rows of zeros stand for
    parameters that are held and for that of a single varying intercept on the boundary, nan for what the data do not
    tell. `inverse_slopes` (k, p, p) are the derivatives of A_XX^-1 in the basis, `log_sd_slopes`, one (q, k) for each
    factor, those of the logarithms of the standard deviations over sigma; nan where one is zero. `score_slopes`, one
    (k, q, q) for each factor, are those of the root of the effects' covariance over sigma^2, in the units of the data.
    Along the directions `untold` (k, r) the criterion does not curve: what they change is not told by the data.
    """

    covariance: Matrix
    inverse_slopes: Matrix
    log_sd_slopes: tuple[Matrix, ...]
    score_slopes: tuple[Matrices, ...]
    untold: Matrix


def joint_covariance(covariance: Matrix, log_rho_slope: Vector, nu: int) -> Matrix:
    """The covariance (k + 1, k + 1) of theta and log sigma^2 from that of theta (k, k) and r (k,)."""
    k = len(covariance)
    joint = np.empty((k + 1, k + 1))
    joint[:k, :k] = covariance
    joint[:k, k] = joint[k, :k] = covariance @ log_rho_slope
    joint[k, k] = (2.0 / nu if nu > 0 else np.nan) + float(log_rho_slope @ covariance @ log_rho_slope)
    return joint
