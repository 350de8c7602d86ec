"""The report: numbers -> document, notes and summary text."""

from service.report.document import fit_document
from service.report.intervals import interval_table
from service.report.summary import summary_text

__all__ = ["fit_document", "interval_table", "summary_text"]
