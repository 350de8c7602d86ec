"""The engine: Design -> CrossProducts -> Criterion -> optimum -> Estimates."""

from service.engine.covariance_slopes import CovarianceSlopes
from service.engine.crossproducts import CrossProducts
from service.engine.curvature import Curvature
from service.engine.deletion import without_groups
from service.engine.estimates import Estimates, FactorEstimates
from service.engine.fit import Fit
from service.engine.fitting import fit, fit_all
from service.engine.hat import Hat, hat_of
from service.engine.joint_error import JointError, Link, Tie, joint_error
from service.engine.random_factors import random_factors
from service.engine.refits import Refits, null_drops, refit
from service.engine.verdict import Verdict
from service.engine.without_group import WithoutGroup

__all__ = [
    "CovarianceSlopes",
    "CrossProducts",
    "Curvature",
    "Estimates",
    "FactorEstimates",
    "Fit",
    "Hat",
    "JointError",
    "Link",
    "Refits",
    "Tie",
    "Verdict",
    "WithoutGroup",
    "fit",
    "fit_all",
    "hat_of",
    "joint_error",
    "null_drops",
    "random_factors",
    "refit",
    "without_groups",
]
