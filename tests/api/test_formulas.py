"""A formula is expanded by a worker, from a body that is small."""

from service.api.formulas import LARGEST
from service.contract import Reply
from tests.api.stand_ins import FakeWorkers, ask, post_json, resources


def test_a_worker_expands_the_formula() -> None:
    workers = FakeWorkers(lambda *_: Reply(body=b'{"response": "y"}'))
    response = post_json("/v1/formulas", resources(workers), {"formula": "y ~ x"})
    assert (response.status_code, response.json()) == (200, {"response": "y"})
    assert workers.asked[0][0] == "service.tasks.formulas:expand_formula"


def test_a_body_that_would_do_for_a_table_is_too_large_for_a_formula() -> None:
    at = resources(bytes=10 * LARGEST)
    response = ask("POST", "/v1/formulas", at, b"x" * (LARGEST + 1), {"Content-Type": "application/json"})
    assert response.json()["code"] == "body_too_large"
