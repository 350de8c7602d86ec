"""The wire: what clients send, what they get back, and what the two processes hand each other."""

from service.contract.bootstrap import BootstrapDraws
from service.contract.checking import checked
from service.contract.collection import FailedFit, FitCollection, join_fits, read_fits
from service.contract.document import FitDocument, FormulaExpansion
from service.contract.exchange import Limits, Reply, Submission
from service.contract.problem import Failure, Place, Problem, failure_of
from service.contract.request import MOST_MODELS, FitOptions, FormulaRequest
from service.contract.simulations import SimulationRequest, Simulations
from service.contract.variance_tests import VarianceTest, VarianceTests

__all__ = [
    "MOST_MODELS",
    "BootstrapDraws",
    "FailedFit",
    "Failure",
    "FitCollection",
    "FitDocument",
    "FitOptions",
    "FormulaExpansion",
    "FormulaRequest",
    "Limits",
    "Place",
    "Problem",
    "Reply",
    "SimulationRequest",
    "Simulations",
    "Submission",
    "VarianceTest",
    "VarianceTests",
    "checked",
    "failure_of",
    "join_fits",
    "read_fits",
]
