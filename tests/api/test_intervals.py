"""The intervals of a fit over HTTP: what reaches a worker, and what is refused before."""

from pathlib import Path

import pytest

from service.contract import IntervalRequest, Reply, Submission
from tests.api.following import keeping_fit
from tests.api.stand_ins import DOCUMENT, FakeDocuments, FakeWorkers, ask, refusal, resources

URL = "/v1/fits/f1/intervals"
WORDS = b'["text/csv", "", "formula=y"]'


@pytest.mark.parametrize(
    ("query", "method", "level"),
    [("", "wald", None), ("?method=profile", "profile", None), ("?confidence_level=0.5", "wald", 0.5)],
)
def test_a_worker_finds_them_from_the_request_that_was_kept(
    tmp_path: Path, query: str, method: str, level: float | None
) -> None:
    workers = FakeWorkers(lambda *_: Reply(body=b'{"intervals": []}'))
    response = ask("GET", URL + query, keeping_fit(workers, tmp_path, WORDS))
    assert (response.status_code, response.content) == (200, b'{"intervals": []}')
    assert response.headers["Content-Type"] == "application/json"
    ((task, document, submission, *arguments),) = workers.asked
    assert (task, document) == ("service.tasks.intervals:find_intervals", DOCUMENT)
    assert isinstance(submission, Submission)
    assert (submission.content_type, submission.query) == ("text/csv", "formula=y")
    assert arguments == [IntervalRequest.model_validate({"method": method, "confidence_level": level})]


WRONG = (
    "method=bayes", "method=", "confidence_level=0", "confidence_level=1", "confidence_level=nan", "n=99", "seed=-1",
    "levle=1",
)  # fmt: skip


@pytest.mark.parametrize("query", [f"?{wrong}" for wrong in WRONG])
def test_what_is_no_method_or_level_is_refused(tmp_path: Path, query: str) -> None:
    workers = FakeWorkers()
    response = ask("GET", URL + query, keeping_fit(workers, tmp_path, WORDS))
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert workers.asked == []


def test_a_refusal_of_the_worker_is_a_problem(tmp_path: Path) -> None:
    response = ask("GET", URL, keeping_fit(FakeWorkers(lambda *_: refusal("invalid_request")), tmp_path))
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_without_the_fit_or_its_request_there_are_none() -> None:
    for documents in (FakeDocuments(), FakeDocuments({"f1": DOCUMENT})):
        response = ask("GET", URL, resources(documents=documents))
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
