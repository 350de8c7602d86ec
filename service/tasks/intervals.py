"""Intervals: the document and the request of a fit come in, the intervals of its parameters go out."""

from service.contract import IntervalRequest, Reply, Submission
from service.report import interval_table
from service.tasks.answer import Stopwatch, reply_to
from service.tasks.models import open_model


def find_intervals(document: bytes, submission: Submission, asked: IntervalRequest) -> Reply:
    """The intervals that were asked for, of the fit whose document's bytes these are; or why there are none."""
    return reply_to(lambda: _find(document, submission, asked))


def _find(document: bytes, submission: Submission, asked: IntervalRequest) -> Reply:
    clock = Stopwatch()
    with clock.stage("fit"):
        model = open_model(document, submission)
    with clock.stage("intervals"):
        table = interval_table(model.design, model.fit, model.options, asked)
    return Reply(table.model_dump_json().encode(), seconds=clock.seconds)
