"""The posterior of a kept fit: what is asked reaches a worker as it was meant, with the fit's document and request."""

import pytest

from service.contract import PosteriorRequest, Reply, Submission
from tests.api.stand_ins import DOCUMENT, FITTED, FakeDocuments, FakeWorkers, ask, post_json, refusal, resources

ANSWER = b'{"prior": {}}'


def asked_of(query: str) -> tuple[int, bytes, list[tuple[object, ...]]]:
    """The status and content of an answer, and what the workers were asked after the fit."""
    workers = FakeWorkers(lambda task, *_: FITTED if task.endswith(":fit") else Reply(body=ANSWER))
    at = resources(workers, FakeDocuments())
    post_json("/v1/fits", at, {"formula": "y ~ x"})
    response = ask("GET", f"/v1/fits/f1/posterior{query}", at)
    return response.status_code, response.content, workers.asked[1:]


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("", {}),
        ("?prior=half-t&scale=0.5&df=2", {"prior": "half-t", "scale": 0.5, "df": 2.0}),
        ("?confidence_level=0.5&groups=false", {"confidence_level": 0.5, "groups": False}),
        ("?at=%7B%22floor%22%3A1%7D", {"at": '{"floor":1}'}),
    ],
)
def test_a_worker_gets_what_was_asked(query: str, given: dict[str, object]) -> None:
    status, content, asked = asked_of(query)
    assert (status, content) == (200, ANSWER)
    ((task, document, submission, options),) = asked
    assert task == "service.tasks.posterior:find_posterior"
    assert document == DOCUMENT
    assert isinstance(submission, Submission)
    assert options == PosteriorRequest.model_validate(given)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("?prior=flat", "prior"),
        ("?scale=0", "scale"),
        ("?prior=half-t", "scale"),
        ("?df=0", "df"),
        ("?confidence_level=1", "confidence_level"),
        ("?priro=half-t", "priro"),
        ("?at=%7B%22floor%22%3A%221%22%7D", "at/floor"),
        ("?at=[1]", "at"),
        ("?at=%7Bfloor%3A1%7D", "at"),
    ],
)
def test_a_parameter_out_of_range_reaches_no_worker(query: str, place: str) -> None:
    status, content, asked = asked_of(query)
    assert (status, asked) == (422, [])
    assert f'"/{place}"'.encode() in content


def test_a_refusal_is_a_problem() -> None:
    workers = FakeWorkers(lambda task, *_: FITTED if task.endswith(":fit") else refusal("unsupported_model"))
    at = resources(workers, FakeDocuments())
    post_json("/v1/fits", at, {"formula": "y ~ x"})
    response = ask("GET", "/v1/fits/f1/posterior", at)
    assert (response.status_code, response.json()["code"]) == (422, "unsupported_model")


def test_a_fit_that_nobody_made_has_none() -> None:
    assert ask("GET", "/v1/fits/f9/posterior").json()["code"] == "not_found"
