"""The curvature of the deviance of a model with one varying coefficient, by phi = theta^2."""

import numpy as np

from service.engine.curvature import Curvature, joint_covariance
from service.engine.scalar.criterion import Evaluation
from service.engine.scalar.optimum import Optimum

FLAT = 1e-10
"""Share of the curvature by phi left where sigma follows phi, below which the data cannot tell the two apart: it is at
least one over the rows otherwise."""


def curvature_at(at: Evaluation, optimum: Optimum | None, nu: int, unit: float) -> Curvature:
    """The curvature at phi; `optimum` is None where it is held. One of the basis' theta is `unit` of the data's."""
    slope = at.rho_slope / at.rho
    p = len(at.inverse)
    if optimum is None or (at.phi == 0.0 and not optimum.flat):
        covariance = np.zeros((1, 1))
    else:
        left = at.joint_curvature - nu * slope * slope
        known = not optimum.flat and np.isfinite(optimum.gradient_norm) and left > FLAT * at.joint_curvature
        covariance = np.array([[2.0 / left if known else np.nan]])
    log_sd_slope = 0.5 / at.phi if at.phi > 0 else np.nan
    return Curvature(
        covariance=joint_covariance(covariance, np.array([slope]), nu),
        inverse_slopes=-(at.inverse @ at.A1 @ at.inverse).reshape(1, p, p),
        log_sd_slopes=(np.array([[log_sd_slope]]),),
        score_slopes=(np.array([[[log_sd_slope * np.sqrt(at.phi) * unit]]]),),
        untold=np.zeros((1, 0)),
    )
