"""The posterior of a fit that was made before."""

from service.contract import PosteriorRequest, Reply, Submission
from service.report import posterior_part
from service.tasks.answer import Stopwatch, reply_to
from service.tasks.models import open_model


def find_posterior(document: bytes, submission: Submission, asked: PosteriorRequest) -> Reply:
    """The posterior of the fit with this document, with the prior and the rest that was asked; or why there is none."""
    return reply_to(lambda: _find(document, submission, asked))


def _find(document: bytes, submission: Submission, asked: PosteriorRequest) -> Reply:
    clock = Stopwatch()
    with clock.stage("fit"):
        model = open_model(document, submission)
    with clock.stage("posterior"):
        level = asked.confidence_level or model.options.confidence_level
        found = posterior_part(model.design, model.fit, asked, level)
    return Reply(found.model_dump_json().encode(), seconds=clock.seconds)
