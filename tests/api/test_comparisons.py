"""A comparison is made by a worker, from the bodies that a fit has, and not kept."""

from service.contract import Reply
from tests.api.stand_ins import FakeDocuments, FakeWorkers, ask, post_json, refusal, resources


def test_a_worker_compares_the_formulas() -> None:
    workers, documents = FakeWorkers(lambda *_: Reply(body=b'{"models": []}')), FakeDocuments()
    response = post_json("/v1/comparisons", resources(workers, documents), {"formulas": ["y ~ x", "y ~ 1"]})
    assert (response.status_code, response.json()) == (200, {"models": []})
    assert workers.asked[0][0] == "service.tasks.comparisons:compare_formulas"
    assert documents.kept == {}


def test_a_refusal_is_a_problem() -> None:
    response = post_json("/v1/comparisons", resources(FakeWorkers(lambda *_: refusal("unsupported_model"))), {})
    assert (response.status_code, response.json()["code"]) == (422, "unsupported_model")


def test_a_table_is_read_and_text_is_not() -> None:
    workers = FakeWorkers(lambda *_: Reply(body=b"{}"))
    at = resources(workers)
    assert ask("POST", "/v1/comparisons?formulas=y~x", at, b"y,x\n", {"Content-Type": "text/csv"}).status_code == 200
    assert ask("POST", "/v1/comparisons", at, b"y", {"Content-Type": "text/plain"}).status_code == 415
