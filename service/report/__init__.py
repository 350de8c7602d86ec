"""The report: numbers -> documents, notes and summary text."""

from service.report.comparisons import comparison_document
from service.report.document import fit_document
from service.report.intervals import interval_table
from service.report.pooling import pooling_document
from service.report.posterior import posterior_part
from service.report.summary import summary_text

__all__ = [
    "comparison_document",
    "fit_document",
    "interval_table",
    "pooling_document",
    "posterior_part",
    "summary_text",
]
