"""Simulations: a fit and how many responses to draw come in, the responses go out."""

from service.contract import Reply, SimulationRequest, Submission, checked
from service.contract.simulations import MOST_NUMBERS
from service.data.json_text import decode_object
from service.errors import Fault, InvalidRequest
from service.inference import simulate
from service.report import simulations_part
from service.tasks.answer import json_of, reply_to
from service.tasks.models import open_model


def simulate_fit(document: bytes, submission: Submission, asked: Submission) -> Reply:
    """Responses drawn from a fit as the body of `asked` says; or why there are none."""
    return reply_to(lambda: _simulate(document, submission, asked))


def _simulate(document: bytes, submission: Submission, asked: Submission) -> Reply:
    request = checked(SimulationRequest, decode_object(json_of(asked)))
    model = open_model(document, submission)
    if request.n * model.design.n > MOST_NUMBERS:
        message = (
            f"{request.n:,} simulations of {model.design.n:,} rows are more than {MOST_NUMBERS:,} numbers: "
            f"ask for fewer at once, and for others with another seed."
        )
        raise InvalidRequest(message, Fault(message, pointer="/n"))
    drawn = simulate(model.design, model.fit.estimates, request.n, request.seed, request.groups)
    return Reply(simulations_part(request, drawn).model_dump_json().encode())
