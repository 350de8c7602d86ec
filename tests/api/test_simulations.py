"""Simulations are drawn by a worker, which gets the fit, its request and the body."""

from pathlib import Path

from service.api.simulations import LARGEST
from service.contract import Reply, Submission
from tests.api.following import with_fit
from tests.api.stand_ins import DOCUMENT, ask, post_json, refusal
from tests.api.tasks import sent

URL = "/v1/fits/f1/simulations"


def test_a_worker_simulates_the_fit(tmp_path: Path) -> None:
    bodies: list[bytes] = []

    def outcome(task: str, document: bytes, fitted: Submission, asked: Submission) -> Reply:
        bodies.extend([document, sent(fitted), sent(asked)])
        return Reply(body=b'{"n": 2}')

    at, workers = with_fit(tmp_path, outcome)
    response = post_json(URL, at, {"n": 2})
    assert (response.status_code, response.json()) == (200, {"n": 2})
    assert workers.asked[0][0] == "service.tasks.simulations:simulate_fit"
    assert bodies == [DOCUMENT, b"{}", b'{"n": 2}']


def test_what_a_worker_refuses_is_a_problem(tmp_path: Path) -> None:
    at, _ = with_fit(tmp_path, lambda *_: refusal("invalid_request"))
    assert (post_json(URL, at, {}).status_code, post_json(URL, at, {}).json()["code"]) == (422, "invalid_request")


def test_a_fit_that_is_not_there_has_no_simulations(tmp_path: Path) -> None:
    at, workers = with_fit(tmp_path)
    assert post_json("/v1/fits/f2/simulations", at, {}).json()["code"] == "not_found"
    assert workers.asked == []


def test_a_body_is_small_and_json(tmp_path: Path) -> None:
    at, _ = with_fit(tmp_path)
    large = ask("POST", URL, at, b" " * (LARGEST + 1), {"Content-Type": "application/json"})
    other = ask("POST", URL, at, b"n=2", {"Content-Type": "text/csv"})
    assert (large.json()["code"], other.json()["code"]) == ("body_too_large", "unsupported_media_type")
