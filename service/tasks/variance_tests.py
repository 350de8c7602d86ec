"""Tests of variances: a fit comes in, what it could do without goes out."""

from service.contract import Reply, Submission
from service.inference import variance_tests
from service.report import variance_tests_part
from service.tasks.answer import reply_to
from service.tasks.models import open_model


def check_variances(document: bytes, submission: Submission, n: int, seed: int) -> Reply:
    """The tests of all that varies in a fit, with n draws where the law is simulated; or why there are none."""
    return reply_to(lambda: _check(document, submission, n, seed))


def _check(document: bytes, submission: Submission, n: int, seed: int) -> Reply:
    model = open_model(document, submission)
    tests = variance_tests(model.design, model.fit, n, seed)
    part = variance_tests_part(model.design, model.options.method, tests, n, seed)
    return Reply(part.model_dump_json().encode())
