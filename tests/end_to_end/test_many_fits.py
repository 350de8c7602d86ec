"""Many models in one request, over HTTP: each is what it is alone, kept under its own id and read again."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.contract import FailedFit, FitCollection, FitDocument
from tests.end_to_end.refusals import COLUMNS
from tests.end_to_end.test_fits import CSV, FORMULA
from tests.jobs.processes import until
from tests.serving import Server, serving

FORMULAS = [FORMULA, "log_radon ~ flor + (1 | county)", "log_radon ~ log_uranium + (1 | county)", "log_radon ~ ("]
REQUEST: dict[str, object] = {"dataset": "radon", "formulas": FORMULAS}
WIDE = "cbind(log_radon, radon, county) ~ floor + (1 | county)"


def post(service: Server, **request: object) -> httpx.Response:
    response = service.client.post("/v1/fits", json=request)
    assert response.status_code in {200, 201}, response.text
    return response


def collection(response: httpx.Response) -> FitCollection:
    return FitCollection.model_validate_json(response.content)


def test_a_collection_is_made_once_and_kept(service: Server) -> None:
    request = REQUEST | {"method": "ML", "df": "none"}
    first, again = (service.client.post("/v1/fits", json=request) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    address = first.headers["Location"]
    assert address == again.headers["Location"] == f"/v1/fits/{first.json()['id']}"
    assert first.content == again.content == service.client.get(address).content
    assert [entry.status for entry in collection(first).fits] == ["succeeded", "failed", "succeeded", "failed"]


def test_each_member_is_the_fit_its_formula_alone_gets(service: Server) -> None:
    many = post(service, **REQUEST, confidence_level=0.77)
    for formula, entry in zip(FORMULAS, collection(many).fits, strict=True):
        alone = service.client.post("/v1/fits", json={"dataset": "radon", "formula": formula, "confidence_level": 0.77})
        if isinstance(entry, FitDocument):
            # It was kept when the collection was made.
            assert (alone.status_code, alone.json()["id"]) == (200, entry.id)
            assert alone.content in many.content
            assert service.client.get(f"/v1/fits/{entry.id}").content == alone.content
            assert "log_radon" in service.client.get(f"/v1/fits/{entry.id}/summary").text
        else:
            problem = alone.json()
            assert (alone.status_code, problem["code"]) == (422, entry.problem.code)
            assert problem["detail"] == entry.problem.detail


def test_fits_made_alone_are_found_again_in_a_collection(service: Server) -> None:
    asked = {"data": COLUMNS, "df": "residual"}
    alone = post(service, **asked, formula="y ~ x + (1 | g)")
    many = post(service, **asked, formulas=["x ~ y + (1 | g)", "y ~ x + (1 | g)"])
    assert many.status_code == 201
    assert many.content.endswith(b"," + alone.content + b"]}")


def test_a_summary_of_a_collection(service: Server) -> None:
    address = post(service, **REQUEST).headers["Location"]
    summary = service.client.get(f"{address}/summary", params={"digits": 3})
    assert (summary.status_code, summary.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    heads = [line for line in summary.text.splitlines() if line.startswith(("lmer(", "failed: "))]
    assert heads[0] == f"lmer(formula = {FORMULAS[0]})"
    assert heads[1:3] == [
        f"lmer(formula = {FORMULAS[1]})",
        "failed: The data have no column `flor`; did you mean `floor`?",
    ]
    assert len(heads) == 6


def test_every_response_has_a_fit(service: Server) -> None:
    fits = collection(post(service, dataset="radon", formula=WIDE)).fits
    assert [entry.status for entry in fits] == ["succeeded", "succeeded", "failed"]
    assert isinstance(fits[2], FailedFit)
    assert fits[2].problem.errors[0].model_dump(exclude={"message"}, exclude_none=True) == {
        "pointer": "/formula", "column": "county", "position": 24,
    }  # fmt: skip


def test_all_may_fail(service: Server) -> None:
    response = post(service, dataset="radon", formulas=FORMULAS[1::2])
    assert {entry.status for entry in collection(response).fits} == {"failed"}
    assert service.client.get(response.headers["Location"]).content == response.content


SENT: dict[str, dict[str, Any]] = {
    "a form with repeated fields": {"data": {"formulas": FORMULAS}, "files": {"data": ("radon.csv", CSV)}},
    "a form with a list": {"data": {"formulas": json.dumps(FORMULAS)}, "files": {"data": ("radon.csv", CSV)}},
    "a query with repeated fields": {
        "params": {"formulas": FORMULAS}, "content": CSV, "headers": {"Content-Type": "text/csv"},
    },
    "a query with a list": {
        "params": {"formulas": json.dumps(FORMULAS)}, "content": CSV, "headers": {"Content-Type": "text/csv"},
    },
}  # fmt: skip


@pytest.mark.parametrize("way", SENT)
def test_formulas_are_the_same_however_they_are_sent(service: Server, way: str) -> None:
    expected = collection(post(service, **REQUEST))
    response = service.client.post("/v1/fits", **SENT[way])
    assert response.status_code in {200, 201}
    found = collection(response)
    assert [entry.status for entry in found.fits] == [entry.status for entry in expected.fits]
    assert found.fits[0] == expected.fits[0]
    assert found.fits[2] == expected.fits[2]


def test_a_thousand_formulas_come_back_in_order(service: Server) -> None:
    formulas = [f"I(y + {number}) ~ x + (1 | g)" for number in range(1000)]
    response = post(service, data=COLUMNS, formulas=formulas, include=[])
    fits = collection(response).fits
    assert [entry.model.formula for entry in fits if isinstance(entry, FitDocument)] == formulas
    last = fits[-1]
    assert isinstance(last, FitDocument)
    assert service.client.get(f"/v1/fits/{last.id}").status_code == 200


def test_of_many_who_ask_the_same_one_is_first(service: Server) -> None:
    formulas = ["y ~ x + (1 | g)", "x ~ y + (1 | g)", "y ~ 1 + (1 | g)"]
    requests = [
        {"data": COLUMNS, "formulas": each, "confidence_level": 0.51} for each in (formulas, formulas[::-1])
    ] * 4
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda request: service.client.post("/v1/fits", json=request), requests))
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [201] * 2
    assert len({answer.content for answer in answers}) == 2


def test_the_longest_formulas_there_may_be_are_answered(service: Server) -> None:
    names = " + ".join("abcdefghijklmnopqrstuvwxyz")
    hostile = [f"y ~ {'x' * 9_990}", f"y ~ ({names})^13", f"y ~ {'(' * 4_995}x", f"{'x' * 9_980} ~ (1 | g)"]
    started = time.monotonic()
    response = post(service, data=COLUMNS, formulas=hostile * 250)
    assert time.monotonic() - started < 60  # it takes some seconds
    assert {entry.status for entry in collection(response).fits} == {"failed"}


def test_the_deadline_is_one_for_all(tmp_path: Path) -> None:
    with serving(tmp_path / "data", fit_seconds=1) as service:
        until(service.is_ready)
        slow = [f"log_radon ~ poly(log_uranium, {k % 9 + 1}) * floor + (1 | county)" for k in range(1000)]
        refused = service.client.post("/v1/fits", json={"dataset": "radon", "formulas": slow})
        assert (refused.status_code, refused.json()["code"]) == (504, "deadline_exceeded")
        assert post(service, dataset="radon", formulas=FORMULAS).status_code == 201
