"""The engine: Design -> CrossProducts -> Criterion -> optimum -> Estimates."""

from service.engine.crossproducts import CrossProducts
from service.engine.curvature import Curvature
from service.engine.estimates import Estimates, FactorEstimates
from service.engine.fit import Fit
from service.engine.fitting import fit, fit_all
from service.engine.joint_error import JointError, Link, Tie, joint_error
from service.engine.verdict import Verdict

__all__ = [
    "CrossProducts",
    "Curvature",
    "Estimates",
    "FactorEstimates",
    "Fit",
    "JointError",
    "Link",
    "Tie",
    "Verdict",
    "fit",
    "fit_all",
    "joint_error",
]
