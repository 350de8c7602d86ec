"""The engine: Design -> CrossProducts -> Criterion -> optimum -> Estimates."""

from service.engine.crossproducts import CrossProducts
from service.engine.curvature import Curvature
from service.engine.estimates import Estimates, FactorEstimates
from service.engine.fit import Fit
from service.engine.fitting import fit, fit_all
from service.engine.random_factors import random_factors
from service.engine.refits import Refits, null_drops, refit
from service.engine.verdict import Verdict

__all__ = [
    "CrossProducts",
    "Curvature",
    "Estimates",
    "FactorEstimates",
    "Fit",
    "Refits",
    "Verdict",
    "fit",
    "fit_all",
    "null_drops",
    "random_factors",
    "refit",
]
