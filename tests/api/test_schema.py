"""The published schema: what the file in the repository says is what the service says, and it is complete."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.api import operations, publication
from service.api.problems import KINDS
from service.contract import NOTES, DesignRequest, FitOptions, FormulaRequest, PredictionOptions
from tests.api.stand_ins import API, ask

KEPT = Path(__file__).parents[2] / "openapi" / "openapi.json"
DOCUMENT = publication.published(API)
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def walk(piece: Any) -> Iterator[dict[str, Any]]:  # JSON of any shape
    if isinstance(piece, dict):
        yield piece
        for value in piece.values():
            yield from walk(value)
    elif isinstance(piece, list):
        for value in piece:
            yield from walk(value)


def test_the_file_is_what_the_service_publishes() -> None:
    published = publication.as_text(DOCUMENT)
    assert KEPT.read_text() == published, "run: python -m service openapi > openapi/openapi.json"
    assert ask("GET", "/openapi.json").text == published


def test_the_resources_of_the_contract_are_there() -> None:
    assert [name for name, _ in OPERATIONS] == [
        "POST /v1/fits",
        "GET /v1/fits",
        "GET /v1/fits/{id}",
        "DELETE /v1/fits/{id}",
        "GET /v1/fits/{id}/summary",
        "GET /v1/fits/{id}/events",
        "GET /v1/fits/{id}/fixed-effects",
        "GET /v1/fits/{id}/random-effects",
        "GET /v1/fits/{id}/coefficients",
        "GET /v1/fits/{id}/variance-components",
        "GET /v1/fits/{id}/fitted",
        "POST /v1/predictions",
        "POST /v1/fits/{id}/predictions",
        "GET /v1/fits/{id}/intervals",
        "GET /v1/fits/{id}/posterior",
        "GET /v1/fits/{id}/influence",
        "POST /v1/fits/{id}/simulations",
        "GET /v1/fits/{id}/variance-tests",
        "POST /v1/comparisons",
        "POST /v1/pooling",
        "POST /v1/designs",
        "GET /v1/notes",
        "GET /v1/notes/{code}",
        "POST /v1/formulas",
        "GET /livez",
        "GET /readyz",
        "GET /metrics",
    ]


def test_the_next_requests_of_notes_can_be_made() -> None:
    for kind in NOTES.notes:
        for request in kind.next:
            operation = dict(OPERATIONS)[f"{request.method} {request.path.partition('?')[0]}"]
            asked = {part.partition("=")[0] for part in request.path.partition("?")[2].split("&") if part}
            assert asked <= {each["name"] for each in operation.get("parameters", [])}


def test_it_is_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert DOCUMENT["info"].keys() >= {"title", "version", "summary", "description"}
    assert DOCUMENT.keys() <= {"openapi", "info", "paths", "components"}


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    references = {piece["$ref"] for piece in walk(DOCUMENT) if "$ref" in piece}
    assert references == {f"#/components/schemas/{name}" for name in schemas}
    assert all(re.fullmatch(r"[A-Za-z]+", name) for name in schemas)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_an_operation_is_described_in_full(name: str, operation: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z_]+", operation["operationId"])
    assert operation["summary"]
    assert operation["description"]
    in_path = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", name))
    for parameter in operation.get("parameters", []):
        assert ("schema" in parameter) != ("content" in parameter)
    for status, response in operation["responses"].items():
        assert response["description"]
        expected = {"application/problem+json"} if status == "default" or int(status) >= 400 else None
        assert expected is None or set(response["content"]) == expected
    responses = operation["responses"].items()
    later = {status for status, response in responses if "Retry-After" in response.get("headers", {})}
    assert later - {"202"} == {"429", "503"} & set(operation["responses"])


def test_links_lead_from_a_fit_to_all_that_follows_it() -> None:
    following = {operation["operationId"] for name, operation in OPERATIONS if "/v1/fits/{id}" in name}
    for status in ("200", "201", "202"):
        links = dict(OPERATIONS)["POST /v1/fits"]["responses"][status]["links"]
        assert {link["operationId"] for link in links.values()} == following
        assert all(link["parameters"] == {"id": "$response.body#/id"} for link in links.values())


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))


def test_every_code_is_published_with_its_status() -> None:
    published = {
        (code, int(status))
        for _, operation in OPERATIONS
        for status, response in operation["responses"].items()
        for code in re.findall(r"`(\w+)`:", response["description"])
    }
    # A method that is not allowed has no operation to be described with, nor has what is no request yet.
    nowhere = {"method_not_allowed", "malformed_http", "head_too_large", "head_too_slow", "too_many_connections"}
    assert published == {(code, kind.status) for code, kind in KINDS.items() if code not in nowhere}


def test_a_fit_is_published_with_every_option_in_every_body() -> None:
    operation = dict(OPERATIONS)["POST /v1/fits"]
    options = set(FitOptions.model_fields)
    assert {each["name"] for each in operation["parameters"]} == options
    for name in ("FitRequest", "FitForm"):
        published = DOCUMENT["components"]["schemas"][name]
        assert set(published["properties"]) == options | {"data", "dataset"}
        assert published["additionalProperties"] is False
        assert "required" not in published
        assert published["allOf"] == [
            {"oneOf": [{"required": [name]} for name in names]}
            for names in (("formula", "formulas"), ("data", "dataset"))
        ]
    assert list(operation["requestBody"]["content"]) == [
        "application/json",
        "multipart/form-data",
        "text/csv",
        "application/vnd.apache.arrow.stream",
        "application/vnd.apache.arrow.file",
        "application/vnd.apache.parquet",
    ]


def test_lists_of_text_are_plain_in_a_query_and_all_else_is_json() -> None:
    parameters = dict(OPERATIONS)["POST /v1/fits"]["parameters"]
    in_json = {each["name"] for each in parameters if "content" in each}
    assert in_json == {"levels", "contrasts", "theta"}


def test_a_prediction_is_published_with_every_option_in_every_body() -> None:
    operation, options = dict(OPERATIONS)["POST /v1/fits/{id}/predictions"], set(PredictionOptions.model_fields)
    assert {each["name"] for each in operation["parameters"]} == {*options, "id"}
    for name, more in (
        ("PredictionRequest", {"data", "dataset"}),
        ("PredictionForm", {"data", "dataset"}),
        ("DocumentPredictionRequest", {"data", "document"}),
    ):
        published = DOCUMENT["components"]["schemas"][name]
        assert set(published["properties"]) == options | more
        assert published["additionalProperties"] is False


def test_a_fit_may_be_answered_by_a_collection() -> None:
    several = ["FitDocument", "FitCollection"]
    for name, status, expected in (
        ("POST /v1/fits", "201", several),
        ("POST /v1/fits", "200", several),
        ("GET /v1/fits/{id}", "200", [*several, "JobView"]),
    ):
        schema = dict(OPERATIONS)[name]["responses"][status]["content"]["application/json"]["schema"]
        assert [each["$ref"].rpartition("/")[2] for each in schema["anyOf"]] == expected


@pytest.mark.parametrize("example", DOCUMENT["components"]["schemas"]["FitRequest"]["examples"])
def test_the_examples_are_requests(example: dict[str, object]) -> None:
    operations.FitRequest.model_validate(example)
    data = example.get("data", {})
    assert isinstance(data, dict)
    assert len({len(column) for column in data.values()}) <= 1


def test_the_formula_of_the_sample_is_a_request() -> None:
    operation = dict(OPERATIONS)["POST /v1/formulas"]
    (command,) = (sample["source"] for sample in operation["x-codeSamples"])
    FormulaRequest.model_validate_json(command.split("'")[-2])


def test_the_plan_of_the_sample_is_a_request() -> None:
    operation = dict(OPERATIONS)["POST /v1/designs"]
    (command,) = (sample["source"] for sample in operation["x-codeSamples"])
    DesignRequest.model_validate_json(command.split("'")[-2])
