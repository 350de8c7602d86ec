"""The report: numbers -> document, notes, summary text, and what follows a fit in the contract's words."""

from service.report.document import fit_document
from service.report.simulations import simulations_part
from service.report.summary import summary_text
from service.report.variance_tests import variance_tests_part

__all__ = ["fit_document", "simulations_part", "summary_text", "variance_tests_part"]
