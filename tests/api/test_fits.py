"""A fit is made once, kept, and read again byte for byte."""

import re

import pytest

from service.api.spool import PIECE
from service.contract import Reply, Submission
from tests.api.stand_ins import DOCUMENT, FITTED, LIMITS, FakeDocuments, FakeWorkers, ask, lying, post_json, resources
from tests.api.tasks import sent

READ_HERE = [
    "application/json",
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "multipart/form-data; boundary=b",
    "text/csv",
    "text/csv; header=present; charset=us-ascii",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.arrow.file",
    "application/vnd.apache.parquet",
]


def test_a_new_fit_is_created_and_kept() -> None:
    documents = FakeDocuments()
    response = post_json("/v1/fits", resources(documents=documents), {"formula": "y ~ x"})
    assert response.status_code == 201
    assert response.headers["Location"] == "/v1/fits/f1"
    assert response.headers["Content-Type"] == "application/json"
    assert response.content == DOCUMENT
    assert documents.kept == {"f1": DOCUMENT}


def test_the_timings_are_in_a_header() -> None:
    timing = post_json("/v1/fits").headers["Server-Timing"]
    assert re.fullmatch(r"read;dur=1\.0, fit;dur=2\.5, total;dur=\d+\.\d", timing)


def test_what_stands_in_a_collection_is_kept_under_its_own_id_too() -> None:
    first = b'{"id": "m1", "made": "before"}'
    documents = FakeDocuments({"m1": first})
    body = b'{"fits": [{"id": "m1"},{"id": "m2"}]}'
    collection = Reply(body, id="c1", members={"m1": slice(10, 22), "m2": slice(23, 35)})
    response = post_json("/v1/fits", resources(FakeWorkers(lambda *_: collection), documents))
    assert (response.status_code, response.content) == (201, body)
    assert response.headers["Location"] == "/v1/fits/c1"
    assert documents.kept == {"c1": body, "m1": first, "m2": b'{"id": "m2"}'}
    again = post_json("/v1/fits", resources(FakeWorkers(lambda *_: collection), documents))
    assert (again.status_code, again.content) == (200, body)


def test_a_fit_made_before_is_answered_from_the_store() -> None:
    first = b'{"id": "f1", "made": "before"}'
    response = post_json("/v1/fits", resources(documents=FakeDocuments({"f1": first})))
    assert (response.status_code, response.content) == (200, first)
    assert response.headers["Location"] == "/v1/fits/f1"


@pytest.mark.parametrize("content_type", READ_HERE)
@pytest.mark.parametrize("content", [b"the\0body", b"x" * (PIECE + 1)], ids=["small", "large"])
def test_a_worker_gets_the_request_as_it_was_sent(content_type: str, content: bytes) -> None:
    read: list[bytes] = []

    def outcome(task: str, submission: Submission) -> Reply:
        read.append(sent(submission))
        return FITTED

    workers = FakeWorkers(outcome)
    headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
    at = resources(workers, bytes=10**6)
    ask("POST", "/v1/fits?formula=y~x%2Bz&method=ML", at, content, headers)
    ((task, submission),) = workers.asked
    assert isinstance(submission, Submission)
    assert task == "service.tasks.fits:fit"
    assert read == [content]
    assert submission.content_type == content_type
    assert submission.content_encoding == "gzip"
    assert submission.query == "formula=y~x%2Bz&method=ML"
    assert submission.limits == LIMITS
    assert lying(at.spool.folder) == []


def test_a_fit_is_read_again() -> None:
    at = resources(documents=FakeDocuments({"f1": DOCUMENT}))
    response = ask("GET", "/v1/fits/f1", at)
    assert (response.status_code, response.content) == (200, DOCUMENT)
    assert response.headers["Content-Type"] == "application/json"


def test_an_accept_header_that_cannot_be_met_is_disregarded() -> None:
    at = resources(documents=FakeDocuments({"f1": DOCUMENT}))
    response = ask("GET", "/v1/fits/f1", at, headers={"Accept": "text/csv"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(("query", "digits"), [("", 2), ("?digits=0", 0), ("?digits=10", 10)])
def test_a_summary_is_made_by_a_worker_of_the_document(query: str, digits: int) -> None:
    workers = FakeWorkers(lambda *_: Reply(body="σ = 0.76\n".encode()))
    response = ask("GET", f"/v1/fits/f1/summary{query}", resources(workers, FakeDocuments({"f1": DOCUMENT})))
    assert (response.status_code, response.text) == (200, "σ = 0.76\n")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert workers.asked == [("service.tasks.fits:summarise", DOCUMENT, digits)]


@pytest.mark.parametrize("reply", [Reply(body=DOCUMENT, id=None), "no reply"])
def test_a_task_that_breaks_its_contract_is_an_internal_problem(reply: object) -> None:
    documents = FakeDocuments()
    assert post_json("/v1/fits", resources(FakeWorkers(lambda *_: reply), documents)).json()["code"] == "internal"
    assert documents.kept == {}
