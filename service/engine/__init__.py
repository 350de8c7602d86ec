"""The engine: Design -> CrossProducts -> Criterion -> optimum -> Estimates."""

from service.engine.covariance_slopes import CovarianceSlopes
from service.engine.crossproducts import CrossProducts
from service.engine.curvature import Curvature
from service.engine.estimates import Estimates, FactorEstimates
from service.engine.fit import Fit
from service.engine.fitting import fit, fit_all
from service.engine.verdict import Verdict

__all__ = [
    "CovarianceSlopes",
    "CrossProducts",
    "Curvature",
    "Estimates",
    "FactorEstimates",
    "Fit",
    "Verdict",
    "fit",
    "fit_all",
]
