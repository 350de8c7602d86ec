"""The report: numbers -> document, notes, summary text, and what follows a fit in the contract's words."""

from service.report.comparisons import comparison_document
from service.report.document import fit_document
from service.report.intervals import interval_table
from service.report.pooling import pooling_document
from service.report.posterior import posterior_part
from service.report.predictions import prediction_answer
from service.report.recollection import fitted_model
from service.report.simulations import simulations_part
from service.report.summary import summary_text
from service.report.variance_tests import variance_tests_part

__all__ = [
    "comparison_document",
    "fit_document",
    "fitted_model",
    "interval_table",
    "pooling_document",
    "posterior_part",
    "prediction_answer",
    "simulations_part",
    "summary_text",
    "variance_tests_part",
]
