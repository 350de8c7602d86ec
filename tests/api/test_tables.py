"""Tables over HTTP: forms, pages and links, before any worker is asked."""

from pathlib import Path

import pytest

from service.contract import Reply, page_of
from tests.api.following import keeping_fit
from tests.api.stand_ins import DOCUMENT, FakeDocuments, FakeWorkers, ask, refusal, resources

PARTS = {
    "fixed-effects": "fixed_effects",
    "random-effects": "random_effects",
    "coefficients": "coefficients",
    "variance-components": "variance_components",
}
NEXT = "a-cursor"


def workers(reply: Reply | None = None) -> FakeWorkers:
    return FakeWorkers(lambda *_: reply or Reply(b"{}", next=NEXT))


@pytest.mark.parametrize(("path", "part"), PARTS.items())
def test_a_part_is_read_from_the_document(path: str, part: str, tmp_path: Path) -> None:
    hands = workers()
    response = ask("GET", f"/v1/fits/f1/{path}?limit=7", keeping_fit(hands, tmp_path), headers={"Accept": "text/csv"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Link"] == f'</v1/fits/f1/{path}?limit=7&cursor={NEXT}>; rel="next"'
    page = page_of(f"f1/{part}", 7, None)
    assert hands.asked == [("service.tasks.tables:read_part", DOCUMENT, part, page, "text/csv")]


def test_rows_are_read_from_the_request(tmp_path: Path) -> None:
    hands = workers(Reply(b"ARROW"))
    form = "application/vnd.apache.arrow.stream"
    response = ask("GET", "/v1/fits/f1/fitted", keeping_fit(hands, tmp_path), headers={"Accept": form})
    assert (response.content, response.headers["Content-Type"]) == (b"ARROW", form)
    assert "Link" not in response.headers
    ((task, document, _, page, asked),) = hands.asked
    assert (task, document, asked) == ("service.tasks.tables:read_fitted", DOCUMENT, form)
    assert page == page_of("f1/fitted", 100_000, None)


def test_the_influence_of_groups_is_json(tmp_path: Path) -> None:
    hands = workers()
    response = ask("GET", "/v1/fits/f1/influence?group=a%3Ab&limit=2", keeping_fit(hands, tmp_path))
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Link"] == f'</v1/fits/f1/influence?group=a%3Ab&limit=2&cursor={NEXT}>; rel="next"'
    ((task, _, _, group, page),) = hands.asked
    assert (task, group, page) == (
        "service.tasks.influence:read_influence",
        "a:b",
        page_of("f1/influence/a:b", 2, None),
    )


def test_the_link_leads_to_the_next_page_with_one_cursor(tmp_path: Path) -> None:
    cursor = page_of("f1/coefficients", 2, None).after(9)
    url = f"/v1/fits/f1/coefficients?limit=2&cursor={cursor}"
    response = ask("GET", url, keeping_fit(workers(), tmp_path))
    assert response.headers["Link"] == f'</v1/fits/f1/coefficients?limit=2&cursor={NEXT}>; rel="next"'


@pytest.mark.parametrize(
    ("url", "accept", "status", "code"),
    [
        ("fitted", "image/png", 406, "not_acceptable"),
        ("random-effects", "application/json;q=0", 406, "not_acceptable"),
        ("fitted?limit=0", "*/*", 422, "invalid_request"),
        ("fitted?limit=100001", "*/*", 422, "invalid_request"),
        ("influence?limit=10001", "*/*", 422, "invalid_request"),
        ("coefficients?limit=many", "*/*", 422, "invalid_request"),
        ("coefficients?cursor=there", "*/*", 422, "invalid_request"),
        ("influence?cursor=", "*/*", 422, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_reaches_no_worker(url: str, accept: str, status: int, code: str, tmp_path: Path) -> None:
    hands = workers()
    response = ask("GET", f"/v1/fits/f1/{url}", keeping_fit(hands, tmp_path), headers={"Accept": accept})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert hands.asked == []


@pytest.mark.parametrize("path", [*PARTS, "fitted", "influence"])
def test_refusals_are_problems_whatever_is_accepted(path: str, tmp_path: Path) -> None:
    unknown = ask("GET", f"/v1/fits/none/{path}", keeping_fit(workers(), tmp_path), headers={"Accept": "text/csv"})
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "application/problem+json")
    told = ask("GET", f"/v1/fits/f1/{path}", keeping_fit(workers(refusal("not_found")), tmp_path))
    assert (told.status_code, told.json()["detail"]) == (404, "Said by a worker.")


@pytest.mark.parametrize("path", ["fitted", "influence"])
def test_rows_that_are_no_longer_kept_are_not_found(path: str) -> None:
    response = ask("GET", f"/v1/fits/f1/{path}", resources(documents=FakeDocuments({"f1": DOCUMENT})))
    assert response.status_code == 404
    assert "send the request of the fit again" in response.json()["detail"]
