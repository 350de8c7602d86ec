"""The report: numbers -> document, notes and summary text."""

from service.report.document import fit_document
from service.report.predictions import prediction_answer
from service.report.recollection import fitted_model
from service.report.summary import summary_text

__all__ = ["fit_document", "fitted_model", "prediction_answer", "summary_text"]
