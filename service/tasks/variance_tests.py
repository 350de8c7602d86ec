"""Tests of variances: a fit comes in, what it could do without goes out."""

from service.contract import Reply, Submission, VarianceTestRequest
from service.inference import variance_tests
from service.report import variance_tests_part
from service.tasks.answer import reply_to
from service.tasks.models import open_model


def check_variances(document: bytes, submission: Submission, asked: VarianceTestRequest) -> Reply:
    """The tests of all that varies in a fit, with as many draws as asked where a law is simulated; or why none."""
    return reply_to(lambda: _check(document, submission, asked))


def _check(document: bytes, submission: Submission, asked: VarianceTestRequest) -> Reply:
    model = open_model(document, submission)
    tests = variance_tests(model.design, model.fit, asked.n, asked.seed)
    part = variance_tests_part(model.design, model.options.method, tests, asked.n, asked.seed)
    return Reply(part.model_dump_json().encode())
