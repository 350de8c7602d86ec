"""Predictions are made by a worker, from a document that is sent or one that is kept."""

from service.contract import Reply, Submission
from tests.api.stand_ins import DOCUMENT, FakeDocuments, FakeWorkers, ask, post_json, refusal, resources

ANSWER = Reply(body=b'{"predictions": []}')
ROWS = {"data": {"floor": [1]}}


def test_a_document_goes_to_a_worker_with_its_rows() -> None:
    workers = FakeWorkers(lambda *_: ANSWER)
    response = post_json("/v1/predictions", resources(workers), {"document": {}, **ROWS})
    assert (response.status_code, response.json()) == (200, {"predictions": []})
    ((task, submission),) = workers.asked
    assert task == "service.tasks.predictions:predict_from_document"
    assert isinstance(submission, Submission)
    assert submission.content_type == "application/json"


def test_a_kept_document_goes_to_a_worker_without_the_rows_of_its_fit() -> None:
    workers = FakeWorkers(lambda *_: ANSWER)
    response = post_json("/v1/fits/f1/predictions", resources(workers, FakeDocuments({"f1": DOCUMENT})), ROWS)
    assert (response.status_code, response.json()) == (200, {"predictions": []})
    ((task, document, _),) = workers.asked
    assert (task, document) == ("service.tasks.predictions:predict_from_fit", DOCUMENT)


def test_a_table_may_be_sent_as_it_is_to_a_kept_document_only() -> None:
    at = resources(FakeWorkers(lambda *_: ANSWER), FakeDocuments({"f1": DOCUMENT}))
    csv = {"Content-Type": "text/csv"}
    assert ask("POST", "/v1/fits/f1/predictions?interval=mean", at, b"floor\n1\n", csv).status_code == 200
    assert ask("POST", "/v1/predictions", at, b"floor\n1\n", csv).json()["code"] == "unsupported_media_type"


def test_an_unknown_fit_is_not_found() -> None:
    response = post_json("/v1/fits/f2/predictions", resources(FakeWorkers(lambda *_: ANSWER)), ROWS)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_refusal_is_a_problem() -> None:
    at = resources(FakeWorkers(lambda *_: refusal("unknown_column")), FakeDocuments({"f1": DOCUMENT}))
    for url in ("/v1/predictions", "/v1/fits/f1/predictions"):
        assert post_json(url, at, ROWS).status_code == 422
