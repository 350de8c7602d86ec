"""Every exchange has an id, a line in the log and a place in the counts, and none of them says what was sent."""

import logging

import pytest

from tests.api.stand_ins import FakeWorkers, ask, fails, post_json, resources

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def fields(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    """What the one line of the access log says."""
    (record,) = (record for record in caplog.records if record.name == "partialpool.access")
    found: dict[str, object] = vars(record)["fields"]
    return found


def test_the_log_has_a_line_for_each_request_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"X-Request-Id": "r1", "traceparent": TRACE, "Authorization": "Bearer secret"}
    with caplog.at_level(logging.INFO, logger="partialpool.access"):
        ask("GET", "/v1/fits/f1/summary?digits=secret", headers=headers)
    line = fields(caplog)
    assert line["ms"]
    assert {name: line[name] for name in ("method", "path", "status", "request_id", "trace_id")} == {
        "method": "GET",
        "path": "/v1/fits/f1/summary",
        "status": 422,
        "request_id": "r1",
        "trace_id": TRACE.split("-")[1],
    }
    assert "secret" not in str(line)


@pytest.mark.parametrize("given", ["", "two words", "x" * 101, "a/b"])
def test_an_id_that_is_none_is_replaced(given: str) -> None:
    ids = {ask("GET", "/livez", headers={"X-Request-Id": given}).headers["X-Request-Id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(id != given and len(id) == 32 for id in ids)


def test_a_failure_has_its_id_too() -> None:
    at = resources(FakeWorkers(fails(RuntimeError("unforeseen"))))
    response = post_json("/v1/fits", at)
    assert response.status_code == 500
    assert response.json()["request_id"]


def test_what_was_done_is_counted() -> None:
    at = resources()
    for body in ({}, {}, {"another": 1}):
        post_json("/v1/fits", at, body)
    ask("GET", "/nowhere/secret", at)
    text = ask("GET", "/metrics", at).text
    for line in (
        'partialpool_requests_total{method="POST",route="/v1/fits",status="201"} 1.0',
        'partialpool_requests_total{method="POST",route="/v1/fits",status="200"} 2.0',
        'partialpool_requests_total{method="none",route="none",status="404"} 1.0',
        'partialpool_fits_total{outcome="made"} 1.0',
        'partialpool_fits_total{outcome="known"} 2.0',
        'partialpool_stage_seconds_total{stage="fit"} 0.005',
        'partialpool_workers{state="busy"} 1.0',
        'partialpool_workers{state="idle"} 1.0',
        "partialpool_waiting 3.0",
        "partialpool_worker_deaths 4.0",
        "partialpool_jobs_waiting 0.0",
    ):
        assert line in text
    assert "secret" not in text
