"""How well the two variances are known: the covariance of (phi, log sigma^2) from the deviance's curvature.

With sigma no longer profiled out, deviance(phi, s) = Q(phi) + nu s + rho(phi) exp(-s), s = log sigma^2; twice the
inverse of its Hessian at the optimum is the asymptotic covariance of (phi, s).
"""

import numpy as np

from service.arrays import Matrix
from service.engine import Fit

FLAT = 1e-10
"""Share of the curvature by phi left where sigma follows phi, below which the data cannot tell the two apart: it is at
least one over the rows otherwise."""


def variance_covariance(fit: Fit) -> Matrix:
    """The covariance (2, 2) of (phi, log sigma^2); zero for a phi held or on the boundary, nan if undefined."""
    df = fit.estimates.residual_df
    at, optimum = fit.estimates.evaluation, fit.optimum
    alone = np.diag([0.0, 2.0 / df if df > 0 else np.nan])
    if at is None or optimum is None or (at.phi == 0.0 and not optimum.flat):
        return alone
    if optimum.flat or not np.isfinite(optimum.gradient_norm):  # The deviance has no curvature there.
        return np.full((2, 2), np.nan)
    cross = -df * at.rho_slope / at.rho
    hessian = np.array([[at.joint_curvature, cross], [cross, float(df)]])
    determinant = at.joint_curvature * df - cross * cross
    if determinant <= FLAT * at.joint_curvature * df:
        return np.full((2, 2), np.nan)
    return 2.0 * np.array([[hessian[1, 1], -cross], [-cross, hessian[0, 0]]]) / determinant
