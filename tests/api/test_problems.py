"""Every refusal has one shape, whoever refuses: a worker, this process, the framework or nobody foresaw it."""

import logging

import httpx
import pytest

from service.api.problems import KINDS
from service.contract import Failure, Place, Reply
from service.errors import DeadlineExceeded, QueueFull, ServiceError, WorkerDied
from tests.api.stand_ins import FakeWorkers, ask, fails, post_json, refusal, resources

FRAMEWORK_CODES = {"method_not_allowed"}

CSV, JSON, XML = ({"Content-Type": media_type} for media_type in ("text/csv", "application/json", "application/xml"))
LATIN = {"Content-Type": "text/csv; charset=latin1"}

# method, path, headers, body -> status, code
REFUSED_HERE = [
    (("GET", "/nowhere", {}, b""), 404, "not_found"),
    (("GET", "/v1/fits/none", {}, b""), 404, "not_found"),
    (("GET", "/v1/fits/none/summary", {}, b""), 404, "not_found"),
    (("GET", "/v1/fits/", {}, b""), 404, "not_found"),
    (("GET", "/v1/fits/%00%ff", {}, b""), 404, "not_found"),
    (("PUT", "/v1/fits", {}, b""), 405, "method_not_allowed"),
    (("PATCH", "/v1/fits/none", {}, b""), 405, "method_not_allowed"),
    (("DELETE", "/v1/fits/none", {}, b""), 404, "not_found"),
    (("BREW", "/livez", {}, b""), 405, "method_not_allowed"),
    (("POST", "/v1/fits", JSON, b"x" * 1001), 413, "body_too_large"),
    (("POST", "/v1/fits", {}, b"{}"), 415, "unsupported_media_type"),
    (("POST", "/v1/fits", XML, b"<fit/>"), 415, "unsupported_media_type"),
    (("POST", "/v1/fits", LATIN, b"y"), 415, "unsupported_media_type"),
    (("POST", "/v1/formulas", CSV, b"y"), 415, "unsupported_media_type"),
    (("GET", "/v1/fits/none/summary?digits=11", {}, b""), 422, "invalid_request"),
    (("GET", "/v1/fits/none/summary?digits=-1", {}, b""), 422, "invalid_request"),
    (("GET", "/v1/fits/none/summary?digits=two", {}, b""), 422, "invalid_request"),
]


def problem(response: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The problem that a response carries, once its shape has been looked at."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    body: dict[str, object] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:partialpool:problem:{code}"
    assert body["title"] == KINDS[code].title
    assert body["detail"]
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED_HERE)
def test_refused_before_any_worker(sent: tuple[str, str, dict[str, str], bytes], status: int, code: str) -> None:
    method, path, headers, body = sent
    workers = FakeWorkers()
    problem(ask(method, path, resources(workers), body, headers), status, code)
    assert workers.asked == []


@pytest.mark.parametrize("code", sorted(KINDS))
def test_refused_by_a_worker(code: str) -> None:
    response = post_json("/v1/fits", resources(FakeWorkers(lambda *_: refusal(code))))
    assert problem(response, KINDS[code].status, code)["detail"] == "Said by a worker."


def test_the_places_a_worker_names_pass_through() -> None:
    place = Place(message="No number.", pointer="/data/floor/17", column="floor", row=17, position=None)
    failure = Failure(code="wrong_type", detail="A cell is no number.", errors=[place])
    reply = Reply(body=failure.model_dump_json().encode(), failed=True)
    body = problem(post_json("/v1/fits", resources(FakeWorkers(lambda *_: reply))), 422, "wrong_type")
    assert body["errors"] == [
        {"message": "No number.", "pointer": "/data/floor/17", "column": "floor", "row": 17, "position": None}
    ]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QueueFull("Too much."), 503, "queue_full"),
        (DeadlineExceeded("Too long."), 504, "deadline_exceeded"),
        (WorkerDied("Twice."), 500, "worker_died"),
        (ServiceError("Out of memory."), 500, "internal"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/fits", "/v1/formulas"])
def test_refused_by_the_pool(path: str, error: ServiceError, status: int, code: str) -> None:
    response = post_json(path, resources(FakeWorkers(fails(error))))
    assert problem(response, status, code)["detail"] == error.detail


def test_a_full_queue_says_when_to_come_back() -> None:
    workers = FakeWorkers(lambda *_: Reply(body=b"{}", id="f1", seconds={"read": 0.1, "fit": 0.4}))
    at = resources(workers)
    for number in range(100):
        post_json("/v1/fits", at, {"number": number})
    workers.outcome = fails(QueueFull("Too much."))
    # 10 waiting, half a second each, 2 at a time.
    assert post_json("/v1/fits", at).headers["Retry-After"] == "3"


def test_a_full_queue_refuses_before_it_reads_and_takes_jobs() -> None:
    at = resources(workers := FakeWorkers())
    at.pace.taken = 12
    problem(post_json("/v1/fits", at), 503, "queue_full")
    assert at.archive.documents.answers([("", "")]) == [None]
    assert list(at.spool.folder.iterdir()) == []
    assert ask("POST", "/v1/fits", at, b"{}", JSON | {"Prefer": "respond-async"}).status_code == 202
    assert workers.asked == []


def test_what_nobody_foresaw_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        response = post_json("/v1/fits", resources(FakeWorkers(fails(RuntimeError("/secret/path")))))
    problem(response, 500, "internal")
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/formulas", "POST"), ("/v1/fits", "GET, POST"), ("/v1/fits/none", "DELETE, GET"), ("/livez", "GET")],
)
def test_a_wrong_method_names_the_right_ones(path: str, allowed: str) -> None:
    response = ask("PUT", path)
    assert response.headers["Allow"] == allowed
    assert f"; {allowed.replace(', ', ' or ')} is." in str(problem(response, 405, "method_not_allowed")["detail"])


def test_a_parameter_is_named_and_its_value_is_not_repeated() -> None:
    value = "x" * 5000
    body = problem(ask("GET", f"/v1/fits/f1/summary?digits={value}"), 422, "invalid_request")
    assert "digits" in str(body["detail"])
    assert "xxx" not in str(body)


def descendants(kind: type[ServiceError]) -> set[str]:
    return {kind.code}.union(*(descendants(child) for child in kind.__subclasses__()))


def test_every_code_has_a_status_and_no_other_has() -> None:
    assert set(KINDS) == descendants(ServiceError) | FRAMEWORK_CODES
