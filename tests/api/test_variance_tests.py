"""Tests of variances are made by a worker, with as many draws as are asked for."""

from pathlib import Path

import pytest

from service.contract import Reply, VarianceTestRequest
from tests.api.following import with_fit
from tests.api.stand_ins import DOCUMENT, ask, refusal

URL = "/v1/fits/f1/variance-tests"


@pytest.mark.parametrize(("query", "draws"), [("", (10_000, 1)), ("?n=100&seed=7", (100, 7))])
def test_a_worker_tests_the_fit(tmp_path: Path, query: str, draws: tuple[int, int]) -> None:
    at, workers = with_fit(tmp_path, lambda *_: Reply(body=b'{"tests": []}'))
    response = ask("GET", URL + query, at)
    assert (response.status_code, response.json()) == (200, {"tests": []})
    task, document, _, *arguments = workers.asked[0]
    assert (task, document) == ("service.tasks.variance_tests:check_variances", DOCUMENT)
    assert arguments == [VarianceTestRequest(n=draws[0], seed=draws[1])]


@pytest.mark.parametrize("query", ["?n=99", "?n=100001", "?n=many", "?seed=-1", "?sede=1"])
def test_draws_have_bounds(tmp_path: Path, query: str) -> None:
    at, workers = with_fit(tmp_path)
    assert ask("GET", URL + query, at).json()["code"] == "invalid_request"
    assert workers.asked == []


def test_what_a_worker_refuses_is_a_problem(tmp_path: Path) -> None:
    at, _ = with_fit(tmp_path, lambda *_: refusal("unsupported_model"))
    assert ask("GET", URL, at).json()["code"] == "unsupported_model"
