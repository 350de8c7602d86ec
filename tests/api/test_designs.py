"""A study is planned by a worker, from a body that is small."""

from service.api.designs import LARGEST
from service.contract import Reply
from tests.api.stand_ins import FakeWorkers, ask, post_json, refusal, resources


def test_a_worker_plans_the_study() -> None:
    workers = FakeWorkers(lambda *_: Reply(body=b'{"icc": 0.16}'))
    response = post_json("/v1/designs", resources(workers), {"sd_between": 1})
    assert (response.status_code, response.json()) == (200, {"icc": 0.16})
    assert workers.asked[0][0] == "service.tasks.designs:plan_study"


def test_what_a_worker_refuses_is_a_problem() -> None:
    response = post_json("/v1/designs", resources(FakeWorkers(lambda *_: refusal("all_singletons"))), {})
    assert (response.status_code, response.json()["code"]) == (422, "all_singletons")


def test_a_table_is_no_plan() -> None:
    assert ask("POST", "/v1/designs", None, b"y,g\n", {"Content-Type": "text/csv"}).status_code == 415


def test_a_body_that_would_do_for_a_table_is_too_large_for_a_plan() -> None:
    at = resources(bytes=10 * LARGEST)
    response = ask("POST", "/v1/designs", at, b"x" * (LARGEST + 1), {"Content-Type": "application/json"})
    assert response.json()["code"] == "body_too_large"
