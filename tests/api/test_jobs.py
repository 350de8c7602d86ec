"""Jobs over HTTP: accepted before anything is done, told as they go on, stopped when asked; with real workers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.api.resources import Resources
from service.jobs.store import Lot
from tests.api.serving import server, wait_until, workers
from tests.api.stand_ins import FakeWorkers, ask, post_json, resources
from tests.api.test_work import is_alive

JSON = {"Content-Type": "application/json"}
ASYNC = JSON | {"Prefer": "wait=1, Respond-Async"}


@contextmanager
def running(at: Resources) -> Iterator[httpx.Client]:
    """A client of a server whose jobs are run."""
    at.runner.start()
    with server(at) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        try:
            yield client
        finally:
            at.runner.close(grace=0)


def state(client: httpx.Client, id: str) -> str:
    return str(client.get(f"/v1/fits/{id}").json()["status"])


def test_a_job_is_accepted_and_becomes_its_fit() -> None:
    with workers("fit") as pool, running(at := resources(pool)) as client:
        answer = client.post("/v1/fits?f1", content=b'{"status": "succeeded"}', headers=ASYNC)
        job = answer.json()
        assert (answer.status_code, job["status"], job["fit"]) == (202, "queued", None)
        assert answer.headers["Location"] == f"/v1/fits/{job['id']}"
        wait_until(lambda: state(client, job["id"]) == "succeeded")
        document = client.get(answer.headers["Location"])
        assert (document.content, document.headers["ETag"]) == (b'{"status": "succeeded"}', '"f1"')
        assert client.get("/v1/fits/f1").content == document.content
        events = client.get(f"/v1/fits/{job['id']}/events").text
        assert events.startswith("event: succeeded\n")
        assert '"fit":"/v1/fits/f1"' in events
        assert list(at.backlog.folder.iterdir()) == []
        again = client.post("/v1/fits?f1", content=b'{"status": "succeeded"}', headers=ASYNC)
        assert (again.status_code, again.content) == (200, document.content)


def test_what_is_asked_without_patience_becomes_a_job(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with workers("fit_slowly") as pool, running(resources(pool, patience=0.3)) as client:
        answer = client.post(f"/v1/fits?{mark}", content=b'{"status": "succeeded"}', headers=JSON)
        assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "running", 1)
        # Its worker was not stopped: the task ends when it may, and its result is the job's.
        mark.touch()
        wait_until(lambda: state(client, answer.json()["id"]) == "succeeded")


def test_a_job_is_stopped_within_a_second(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with workers("fit_for_ever") as pool, running(at := resources(pool)) as client:
        id = client.post(f"/v1/fits?{mark}", content=b"{}", headers=ASYNC).json()["id"]
        wait_until(lambda: mark.exists() and mark.read_text() != "")
        (entry,) = client.get("/v1/fits").json()["fits"]
        assert (entry["id"], entry["status"], entry["bytes"]) == (id, "running", None)
        started = time.monotonic()
        assert client.delete(f"/v1/fits/{id}").status_code == 204
        wait_until(lambda: not is_alive(int(mark.read_text())))
        assert time.monotonic() - started < 1.5  # half a second for the look, and a machine that may be busy
        assert state(client, id) == "cancelled"
        assert client.delete(f"/v1/fits/{id}").status_code == 204
        assert client.get(f"/v1/fits/{id}").status_code == 404
        assert client.delete(f"/v1/fits/{id}").status_code == 404
        assert list(at.backlog.folder.iterdir()) == []
        wait_until(pool.pool.ready)


def test_a_job_is_done_again_when_its_fit_was_removed() -> None:
    with workers("fit") as pool, running(resources(pool)) as client:
        for _ in range(2):
            job = client.post("/v1/fits?f1", content=b'{"status": "succeeded"}', headers=ASYNC).json()
            assert job["status"] == "queued"
            wait_until(lambda: client.get("/v1/fits/f1").status_code == 200)
            assert client.delete(f"/v1/fits/{job['id']}").status_code == 204


def test_a_job_that_fails_says_why() -> None:
    with workers("fail") as pool, running(resources(pool)) as client:
        id = client.post("/v1/fits?f1", content=b"{}", headers=ASYNC).json()["id"]
        wait_until(lambda: state(client, id) == "failed")
        job = client.get(f"/v1/fits/{id}").json()
        assert (job["problem"]["code"], job["fit"]) == ("internal", None)
        assert "secret" not in str(job)
        assert client.get(f"/v1/fits/{id}/summary").json()["code"] == "not_finished"


def test_two_at_once_share_one_fit(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with workers("fit_slowly", size=2) as pool, running(at := resources(pool)) as client:
        answers: list[httpx.Response] = []
        url = f"{client.base_url}/v1/fits?{mark}"

        def post() -> None:
            answers.append(httpx.post(url, content=b"{}", headers=JSON, timeout=20))

        threads = [threading.Thread(target=post) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: [work.waiting for work in at.shared.values()] == [3])
        assert pool.census().busy == 1
        mark.touch()
        for thread in threads:
            thread.join()
        assert [answer.content for answer in answers] == [b"{}"] * 3
        assert at.shared == {}


def test_more_jobs_than_may_wait_are_refused() -> None:
    at = resources()
    codes = [ask("POST", f"/v1/fits?{number}", at, b"{}", ASYNC).status_code for number in range(4)]
    assert codes == [202, 202, 202, 503]


def test_jobs_and_fits_are_listed_page_by_page() -> None:
    at = resources(FakeWorkers())
    for number in range(5):
        at.archive.documents.put_all([Lot({f"d{number}": b"{}"})])
    ask("POST", "/v1/fits?job", at, b"{}", ASYNC)
    first = ask("GET", "/v1/fits?limit=3", at).json()
    assert [each["status"] for each in first["fits"]] == ["queued", "succeeded", "succeeded", "succeeded"]
    second = ask("GET", f"/v1/fits?limit=3&cursor={first['next']}", at).json()
    assert [each["id"] for each in second["fits"]] == ["d3", "d4"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "cursor",
    ["", "none", "~d1", "%00~d1", "0001-01-01T00:00:00%2B14:00~d1", "9999-12-31T23:59:59-14:00~d1"],
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    response = ask("GET", f"/v1/fits?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["pointer"] == "/cursor"


def test_a_document_that_the_client_has_is_not_sent_again() -> None:
    at = resources()
    first = post_json("/v1/fits", at)
    assert first.headers["ETag"] == '"f1"'
    assert first.headers["Cache-Control"] == "private"
    for known, status in (('"f1"', 304), ('W/"f1"', 304), ("*", 304), ('"f2", "f1"', 304), ('"f2"', 200)):
        again = ask("GET", "/v1/fits/f1", at, headers={"If-None-Match": known})
        assert (again.status_code, again.content == b"") == (status, status == 304)


def test_a_document_that_is_new_is_sent_whatever_the_client_has() -> None:
    at = resources()
    for status in (201, 304):
        assert ask("POST", "/v1/fits", at, b"{}", JSON | {"If-None-Match": "*"}).status_code == status


def test_a_fit_that_was_removed_says_so() -> None:
    at = resources()
    post_json("/v1/fits", at)
    assert ask("DELETE", "/v1/fits/f1", at).status_code == 204
    gone = ask("GET", "/v1/fits/f1", at)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert "removed" in gone.json()["detail"]
    assert ask("DELETE", "/v1/fits/f1", at).status_code == 404
    assert post_json("/v1/fits", at).status_code == 201


@pytest.mark.parametrize("path", ["", "/events", "/summary"])
def test_nothing_is_told_of_what_there_is_not(path: str) -> None:
    assert ask("GET", f"/v1/fits/none{path}").json()["code"] == "not_found"
