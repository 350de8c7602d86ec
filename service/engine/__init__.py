"""The engine: Design -> CrossProducts -> Criterion -> Optimum -> Estimates."""

from service.engine.criterion import Evaluation
from service.engine.crossproducts import CrossProducts
from service.engine.estimates import Estimates
from service.engine.optimum import Optimum
from service.engine.varying_intercept import Fit, fit

__all__ = ["CrossProducts", "Estimates", "Evaluation", "Fit", "Optimum", "fit"]
