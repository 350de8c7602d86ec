"""The report: numbers -> document, notes and summary text."""

from service.report.document import fit_document
from service.report.posterior import posterior_part
from service.report.summary import summary_text

__all__ = ["fit_document", "posterior_part", "summary_text"]
