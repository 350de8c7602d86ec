"""The main job, over HTTP: a fit is the same whichever way it is asked for, and its numbers are the textbook's."""

import gzip
import io
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow.csv
import pytest

from service.contract import FitDocument, FormulaExpansion, read_fits
from tests.end_to_end.refusals import COLUMNS
from tests.end_to_end.tables import arrow, parquet
from tests.serving import ROOT, Server

FORMULA = "log_radon ~ floor + (1 | county)"
REQUEST = {"formula": FORMULA, "dataset": "radon"}
CSV = (ROOT / "service" / "data" / "datasets" / "radon.csv").read_bytes()
TABLE = pyarrow.csv.read_csv(io.BytesIO(CSV))

Sent = dict[str, Any]
"""Arguments of the client's `post`, each of a type of its own."""


def bare(content: bytes, media_type: str, **headers: str) -> Sent:
    """A bare table, the formula in the query."""
    return {"content": content, "params": {"formula": FORMULA}, "headers": {"Content-Type": media_type} | headers}


def form(file: str, content: bytes) -> Sent:
    return {"data": {"formula": FORMULA}, "files": {"data": (file, content)}}


ALIKE: dict[str, Sent] = {
    "a data set": {"json": REQUEST},
    "columns": {"json": {"formula": FORMULA, "data": TABLE.to_pydict()}},
    "records": {"json": {"formula": FORMULA, "data": TABLE.to_pylist()}},
    "a form with CSV": form("radon.csv", CSV),
    "a form with Parquet": form("radon.parquet", parquet(TABLE)),
    "CSV": bare(CSV, "text/csv"),
    "compressed CSV": bare(gzip.compress(CSV), "text/csv", **{"Content-Encoding": "gzip"}),
    "Arrow": bare(arrow(TABLE), "application/vnd.apache.arrow.stream"),
    "Parquet": bare(parquet(TABLE), "application/vnd.apache.parquet"),
    "compressed JSON": {
        "content": gzip.compress(json.dumps(REQUEST).encode()),
        "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    },
    "defaults spelled out": {
        "json": REQUEST | {"formula": "log_radon~floor+(1|county)", "method": "REML", "theta": None, "data": None}
    },
}

# options -> numbers of the document, as printed: the radon models of Gelman & Hill (2006), chapter 12, by lme4
PRINTED: list[tuple[dict[str, object], dict[str, str]]] = [
    (
        {},
        {
            "fixed_effects/0/estimate": "1.461598",
            "fixed_effects/0/std_error": "0.051576",
            "fixed_effects/0/df": "87.66",
            "fixed_effects/1/estimate": "-0.692994",
            "fixed_effects/1/std_error": "0.070431",
            "fixed_effects/1/df": "914.87",
            "variance_components/0/std_dev": "0.328222",
            "variance_components/1/std_dev": "0.755589",
            "convergence/theta/0": "0.434393",
            "statistics/criterion": "2171.3053",
            "statistics/aic": "2179.3053",
            "statistics/bic": "2198.5984",
            "model/n_observations": "919",
            "model/grouping_factors/0/n_groups": "85",
            "icc/by_group/county": "0.158743",
            "pooling/0/variance_ratio": "0.188697",
            "pooling/0/equivalent_n": "5.2995",
            "pooling/0/groups_below": "46",
            "pooling/0/groups_above": "39",
            "coefficients/county/estimate/0/0": "1.191500",
            "coefficients/county/estimate/1/0": "0.927647",
            "random_effects/county/estimate/2/0": "0.017616",
            "random_effects/county/std_error/2/0": "0.262277",
            "random_effects/county/weight/1": "0.9075",
        },
    ),
    (
        {"formula": "log_radon ~ 1 + (1 | county)"},
        {
            "fixed_effects/0/estimate": "1.312576",
            "fixed_effects/0/std_error": "0.048907",
            "variance_components/0/std_dev": "0.309538",
            "variance_components/1/std_dev": "0.797885",
        },
    ),
    (
        {"formula": "log_radon ~ floor + log_uranium + (1 | county)"},
        {
            "fixed_effects/0/estimate": "1.465763",
            "fixed_effects/1/estimate": "-0.668245",
            "fixed_effects/2/estimate": "0.720268",
            "variance_components/0/std_dev": "0.156402",
            "variance_components/1/std_dev": "0.758439",
        },
    ),
    ({"theta": 0}, {"fixed_effects/0/estimate": "1.326744", "fixed_effects/1/estimate": "-0.613395"}),
    ({"theta": "inf"}, {"fixed_effects/1/estimate": "-0.720539"}),
    ({"theta": 0.434393}, {"fixed_effects/0/estimate": "1.461598", "fixed_effects/1/estimate": "-0.692994"}),
]


def number(document: Any, path: str) -> float:  # Any: JSON of any shape
    for step in path.split("/"):
        document = document[int(step) if step.isdecimal() else step]
    return float(document)


def fit(service: Server, request: Mapping[str, object]) -> bytes:
    """The bytes of a fit document, once it is sure that it has all the fields it should and no other."""
    response = service.client.post("/v1/fits", json=request)
    assert response.status_code in {200, 201}, response.text
    FitDocument.model_validate_json(response.content)
    return response.content


def test_a_fit_is_made_once_and_kept(service: Server) -> None:
    request = REQUEST | {"method": "ML"}
    first, again = (service.client.post("/v1/fits", json=request) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    address = first.headers["Location"]
    assert address == again.headers["Location"] == f"/v1/fits/{first.json()['id']}"
    kept = service.client.get(address)
    assert first.content == again.content == kept.content
    assert kept.headers["Content-Type"] == "application/json"
    head = service.client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(kept.content))
    stages = [re.findall(r"(\w+);dur=[0-9.]+", response.headers["Server-Timing"]) for response in (first, again)]
    assert stages == [["read", "design", "fit", "report", "total"], ["total"]]


def test_of_many_who_ask_the_same_one_is_first(service: Server) -> None:
    request = REQUEST | {"confidence_level": 0.5}
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: service.client.post("/v1/fits", json=request), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("way", ALIKE)
def test_the_same_fit_is_the_same_document(service: Server, way: str) -> None:
    document = fit(service, REQUEST)
    response = service.client.post("/v1/fits", **ALIKE[way])
    assert (response.status_code, response.content) == (200, document)


@pytest.mark.parametrize(("options", "printed"), PRINTED, ids=lambda value: str(value)[:60])
def test_the_numbers_are_those_that_are_printed(
    service: Server, options: dict[str, object], printed: dict[str, str]
) -> None:
    document = json.loads(fit(service, REQUEST | options))
    decimals = {path: len(text.partition(".")[2]) for path, text in printed.items()}
    assert {path: f"{number(document, path):.{decimals[path]}f}" for path in printed} == printed


def test_the_parts_that_are_asked_for_are_there(service: Server) -> None:
    document = json.loads(fit(service, REQUEST | {"include": ["fitted", "residuals"]}))
    assert document["random_effects"] is document["coefficients"] is None
    observed = TABLE["log_radon"].to_pylist()
    assert [f + r for f, r in zip(document["fitted"], document["residuals"], strict=True)] == pytest.approx(observed)


def test_a_response_without_variance_is_fitted(service: Server) -> None:
    document = json.loads(fit(service, {"formula": "y ~ x + (1 | g)", "data": COLUMNS | {"y": [2] * 6}}))
    assert [effect["estimate"] for effect in document["fixed_effects"]] == pytest.approx([2, 0])
    assert document["statistics"]["sigma"] == 0
    assert document["notes"]


def test_numbers_at_the_edge_of_double_precision_are_fitted(service: Server) -> None:
    y = [5e-324, 0, 0, 5e-324, 0, 0]
    document = json.loads(fit(service, {"formula": "y ~ x + (1 | g)", "data": COLUMNS | {"y": y}}))
    assert 0 < document["statistics"]["sigma"] < 1e-322


def test_a_fit_in_plain_text(service: Server) -> None:
    address = f"/v1/fits/{json.loads(fit(service, REQUEST))['id']}/summary"
    summary = service.client.get(address, params={"digits": 3})
    assert summary.status_code == 200
    assert summary.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "1.462" in summary.text
    assert "-0.693" in summary.text


def test_a_formula_is_expanded(service: Server) -> None:
    request = {"formula": "y ~ (a + b)^2 + . + (1 | s/c)", "columns": ["y", "a", "b", "d", "s", "c"]}
    response = service.client.post("/v1/formulas", json=request)
    assert response.status_code == 200
    expansion = FormulaExpansion.model_validate_json(response.content)
    assert expansion.fixed_terms == ["a", "b", "d", "s", "c", "a:b"]
    assert [part.group for part in expansion.random_terms] == ["c:s", "s"]


def test_what_the_schema_shows_works(service: Server) -> None:
    schemas = service.client.get("/openapi.json").json()["components"]["schemas"]
    request = schemas["FitRequest"]
    for example in request["examples"]:
        response = service.client.post("/v1/fits", json=example)
        assert {each.status for each in read_fits(response.content)} == {"succeeded"}
    for example in request["properties"]["formula"]["examples"]:
        fit(service, REQUEST | {"formula": example})
    for example in request["properties"]["theta"]["examples"]:
        slopes = "log_radon ~ floor + (floor | county)" if isinstance(example, list) else REQUEST["formula"]
        fit(service, REQUEST | {"formula": slopes, "theta": example})
    for example in schemas["FormulaRequest"]["properties"]["formula"]["examples"]:
        assert service.client.post("/v1/formulas", json={"formula": example}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/livez", "/readyz"])
def test_the_front_is_open(service: Server, path: str) -> None:
    assert service.client.get(path).status_code == 200
