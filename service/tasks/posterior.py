"""The posterior of a fit that was made before."""

from collections.abc import Mapping

from service.contract import PosteriorRequest, Reply, Submission, checked
from service.data.json_text import decode
from service.errors import Fault, InvalidRequest, ServiceError
from service.report import posterior_part
from service.tasks.answer import Stopwatch, reply_to
from service.tasks.models import open_model


def posterior(document: bytes, submission: Submission, asked: Mapping[str, object]) -> Reply:
    """The posterior of the fit with this document, with the prior and the rest that was asked; or why there is none."""
    return reply_to(lambda: _posterior(document, submission, asked))


def _posterior(document: bytes, submission: Submission, asked: Mapping[str, object]) -> Reply:
    request, clock = checked(PosteriorRequest, _with_object(asked)), Stopwatch()
    with clock.stage("fit"):
        model = open_model(document, submission)
    with clock.stage("posterior"):
        level = request.confidence_level or model.options.confidence_level
        found = posterior_part(model.design, model.fit, request, level)
    return Reply(found.model_dump_json().encode(), seconds=clock.seconds)


def _with_object(asked: Mapping[str, object]) -> dict[str, object]:
    """What was asked, with the values of columns, which a query writes as JSON, as the object they stand for."""
    at = asked.get("at")
    if not isinstance(at, str):
        return {**asked}
    try:
        return {**asked, "at": decode(at.encode())}
    except ServiceError:
        message = 'Values of columns are written as JSON: {"floor": 1}.'
        raise InvalidRequest(message, Fault(message, pointer="/at")) from None
