"""Intervals: the document and the request of a fit come in, the intervals of its parameters go out."""

from service.contract import IntervalMethod, Reply, Submission
from service.report import interval_table
from service.tasks.answer import reply_to
from service.tasks.models import open_model


def find_intervals(document: bytes, submission: Submission, method: IntervalMethod, confidence_level: float) -> Reply:
    """The intervals, by a method at a level, of the fit whose document's bytes these are; or why there are none."""
    return reply_to(lambda: _find(document, submission, method, confidence_level))


def _find(document: bytes, submission: Submission, method: IntervalMethod, confidence_level: float) -> Reply:
    model = open_model(document, submission)
    options = model.options.model_copy(update={"confidence_level": confidence_level})
    return Reply(interval_table(model.design, model.fit, options, method).model_dump_json().encode())
