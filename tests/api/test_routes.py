"""Routes: what a query asks of a resource that does not know it is refused, not read over."""

from pathlib import Path

import pytest

from tests.api.following import with_fit
from tests.api.stand_ins import ask

KNOWN = ["/v1/fits?limit=2", "/v1/fits/f1/coefficients?limit=2", "/v1/fits/f1/summary?digits=3", "/livez?at=1"]
UNKNOWN = [
    "/v1/fits?page=2",
    "/v1/fits/f1?x",
    "/v1/fits/f1/coefficients?limit=2&Limit=3",
    "/v1/fits/f1/fitted?formula=y~x",
    "/v1/fits/f1/summary?digit=3",
    "/v1/fits/f1/intervals?methods=wald",
    "/v1/fits/f1/events?since=1",
    "/v1/notes?code=few_groups",
    "/v1/notes/few_groups?lang=de",
]


@pytest.mark.parametrize("path", KNOWN)
def test_what_is_known_is_answered(tmp_path: Path, path: str) -> None:
    assert ask("GET", path, with_fit(tmp_path)[0]).status_code == 200


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_known_is_refused_by_its_name(tmp_path: Path, path: str) -> None:
    answer = ask("GET", path, with_fit(tmp_path)[0])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    name = path.rpartition("?")[2].rpartition("&")[2].partition("=")[0]
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"


TWICE = ["/v1/fits?limit=2&limit=3", "/v1/fits/f1/summary?digits=3&digits=3", "/v1/fits/f1/intervals?n=100&n=200"]


@pytest.mark.parametrize("path", TWICE)
def test_what_is_given_twice_is_refused_by_its_name(tmp_path: Path, path: str) -> None:
    answer = ask("GET", path, with_fit(tmp_path)[0])
    name = path.partition("?")[2].partition("=")[0]
    assert (answer.status_code, answer.json()["detail"]) == (422, f"{name} is given twice.")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{name}"]
