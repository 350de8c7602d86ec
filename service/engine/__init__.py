"""The engine: Design -> CrossProducts -> Criterion -> Optimum -> Estimates."""

from service.engine.criterion import Evaluation
from service.engine.crossproducts import CrossProducts
from service.engine.estimates import Estimates
from service.engine.fit import Fit, fit
from service.engine.optimum import Optimum

__all__ = ["CrossProducts", "Estimates", "Evaluation", "Fit", "Optimum", "fit"]
