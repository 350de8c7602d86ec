"""The wire: what clients send, what they get back, and what the two processes hand each other."""

from service.contract.checking import checked, checked_text
from service.contract.collection import FailedFit, FitCollection, join_fits, read_fits
from service.contract.document import FitDocument, FormulaExpansion
from service.contract.exchange import Limits, Reply, Submission
from service.contract.predictions import PredictionOptions, Predictions
from service.contract.problem import Failure, Place, Problem, failure_of
from service.contract.request import MOST_MODELS, FitOptions, FormulaRequest

__all__ = [
    "MOST_MODELS",
    "FailedFit",
    "Failure",
    "FitCollection",
    "FitDocument",
    "FitOptions",
    "FormulaExpansion",
    "FormulaRequest",
    "Limits",
    "Place",
    "PredictionOptions",
    "Predictions",
    "Problem",
    "Reply",
    "Submission",
    "checked",
    "checked_text",
    "failure_of",
    "join_fits",
    "read_fits",
]
