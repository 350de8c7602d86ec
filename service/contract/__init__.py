"""The wire: what clients send, what they get back, and what the two processes hand each other."""

from service.contract.bootstrap import BootstrapDraws
from service.contract.checking import checked, checked_text
from service.contract.collection import FailedFit, FitCollection, join_fits, read_fits
from service.contract.comparisons import ComparisonDocument, ComparisonOptions
from service.contract.designs import DesignAnswer, DesignRequest
from service.contract.document import FitDocument, FormulaExpansion
from service.contract.exchange import Limits, Reply, Submission
from service.contract.influence import Influence
from service.contract.intervals import IntervalRequest, IntervalTable
from service.contract.job import FitList, JobView
from service.contract.notes import NOTES, NoteCatalogue, NoteKind
from service.contract.paging import Page, page_of
from service.contract.pooling import PoolingDocument, PoolingOptions
from service.contract.posterior import Posterior, PosteriorRequest
from service.contract.predictions import PredictionOptions, Predictions
from service.contract.problem import Failure, Place, Problem, failure_of
from service.contract.request import MOST_MODELS, FitOptions, FormulaRequest, RowOptions
from service.contract.simulations import SimulationRequest, Simulations
from service.contract.variance_tests import VarianceTest, VarianceTestRequest, VarianceTests

__all__ = [
    "MOST_MODELS",
    "NOTES",
    "BootstrapDraws",
    "ComparisonDocument",
    "ComparisonOptions",
    "DesignAnswer",
    "DesignRequest",
    "FailedFit",
    "Failure",
    "FitCollection",
    "FitDocument",
    "FitList",
    "FitOptions",
    "FormulaExpansion",
    "FormulaRequest",
    "Influence",
    "IntervalRequest",
    "IntervalTable",
    "JobView",
    "Limits",
    "NoteCatalogue",
    "NoteKind",
    "Page",
    "Place",
    "PoolingDocument",
    "PoolingOptions",
    "Posterior",
    "PosteriorRequest",
    "PredictionOptions",
    "Predictions",
    "Problem",
    "Reply",
    "RowOptions",
    "SimulationRequest",
    "Simulations",
    "Submission",
    "VarianceTest",
    "VarianceTestRequest",
    "VarianceTests",
    "checked",
    "checked_text",
    "failure_of",
    "join_fits",
    "page_of",
    "read_fits",
]
