"""The published schema: OpenAPI in full, though the endpoints take the raw request.

The models of the contract go in. Out come the pieces with which the routes describe themselves, and the whole document.
"""

import json
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from service.api import media
from service.api.problems import KINDS, PROBLEM
from service.contract import (
    ComparisonDocument,
    ComparisonOptions,
    DesignAnswer,
    DesignRequest,
    FitCollection,
    FitDocument,
    FitList,
    FitOptions,
    FormulaExpansion,
    FormulaRequest,
    Influence,
    IntervalTable,
    JobView,
    NoteCatalogue,
    NoteKind,
    PoolingDocument,
    PoolingOptions,
    Posterior,
    PredictionOptions,
    Predictions,
    Problem,
    SimulationRequest,
    Simulations,
    VarianceTests,
)
from service.contract.tables import (
    CoefficientPage,
    FittedPage,
    FixedEffectPage,
    RandomEffectPage,
    VarianceComponentPage,
)

Piece = dict[str, Any]
"""A piece of OpenAPI. `Any`, as FastAPI types it: no type in use describes JSON Schema."""

Cell = float | str | bool | None
Rows = dict[str, list[Cell]] | list[dict[str, Cell]]

RADON: Piece = {"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon"}
EXCERPT: Piece = {
    "formula": "log_radon ~ floor + (1 | county)",
    "data": {
        "log_radon": [0.788, 0.788, 1.065, 0.0, 1.131, 0.916, 0.405, -0.357, 0.182, 0.262],
        "floor": [1, 0, 0, 0, 0, 0, 0, 1, 0, 0],
        "county": ["AITKIN"] * 4 + ["ANOKA"] * 6,
    },
}
SEVERAL: Piece = {
    "formulas": ["log_radon ~ 1 + (1 | county)", "cbind(log_radon, floor) ~ log_uranium + (1 | county)"],
    "dataset": "radon",
}
COMPARED: Piece = {
    "formulas": ["log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)"],
    "dataset": "radon",
}
ONE_SOURCE: Piece = {"oneOf": [{"required": ["data"]}, {"required": ["dataset"]}]}
ONE_OF_EACH: Piece = {
    "allOf": [
        {"oneOf": [{"required": ["formula"]}, {"required": ["formulas"]}]},
        ONE_SOURCE,
    ]
}

NEW_ROWS: Piece = {"floor": [0, 1], "county": ["LACQUIPARLE", "elsewhere"]}

FIT_HEADERS: Piece = {
    "Location": {"description": "The path of the fit.", "schema": {"type": "string"}},
    "Server-Timing": {"description": "Milliseconds of each stage of the work.", "schema": {"type": "string"}},
    "ETag": {"description": "What `If-None-Match` may name.", "schema": {"type": "string"}},
}
JOB_HEADERS: Piece = {
    "Location": {"description": "The path of the job.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which to look again.", "schema": {"type": "integer"}},
}
LINK: Piece = {
    "Link": {"description": 'The path of the next page, `rel="next"`, if there is one.', "schema": {"type": "string"}}
}
RETRY_AFTER: Piece = {
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}
}

READING = ("malformed_body", "body_too_slow", "body_too_large", "unsupported_media_type", "invalid_request")
MODELLING = (
    "column_lengths_differ", "wrong_type", "not_finite", "unknown_column", "missing_values", "formula_syntax",
    "unknown_function", "no_observations", "too_few_groups", "all_singletons", "too_many_parameters",
    "unsupported_model",
)  # fmt: skip
CODING = (
    "column_lengths_differ", "wrong_type", "not_finite", "unknown_column", "no_observations", "formula_syntax",
    "too_many_parameters", "unsupported_model",
)  # fmt: skip
RUNNING = ("internal", "worker_died", "queue_full", "deadline_exceeded")


class Inline(BaseModel):
    """The rows of a request in JSON."""

    data: Rows = Field(
        default_factory=dict,
        description="Columns, each a list of one type, or records. Null is a missing value.",
    )
    dataset: str = Field(default_factory=str, description="The name of a shipped data set.", examples=["radon"])


class Attached(BaseModel):
    """The rows of a form, in a file."""

    data: bytes = Field(default_factory=bytes, description="A table: CSV, an Arrow stream or file, Parquet, or JSON.")
    dataset: str = Field(default_factory=str, description="The name of a shipped data set.", examples=["radon"])


class FitRequest(Inline, FitOptions):
    """A fit, or many: formulas, options, and the data or the name of a data set."""

    model_config = ConfigDict(json_schema_extra={**ONE_OF_EACH, "examples": [RADON, EXCERPT, SEVERAL]})


class FitForm(Attached, FitOptions):
    """A fit as a form: as the JSON request, with the data as a file."""

    model_config = ConfigDict(json_schema_extra=ONE_OF_EACH)


class ComparisonRequest(Inline, ComparisonOptions):
    """A comparison: formulas, options, and the data or the name of a data set."""

    model_config = ConfigDict(json_schema_extra={**ONE_SOURCE, "examples": [COMPARED]})


class ComparisonForm(Attached, ComparisonOptions):
    """A comparison as a form: as the JSON request, with the data as a file."""

    model_config = ConfigDict(json_schema_extra=ONE_SOURCE)


class PoolingRequest(Inline, PoolingOptions):
    """A formula with one varying intercept, options, and the data or the name of a data set."""

    model_config = ConfigDict(json_schema_extra={**ONE_SOURCE, "examples": [RADON]})


class PoolingForm(Attached, PoolingOptions):
    """The same as a form, with the data as a file."""

    model_config = ConfigDict(json_schema_extra=ONE_SOURCE)


class PredictionRequest(Inline, PredictionOptions):
    """New rows to predict from a fit that is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": NEW_ROWS, "interval": "observation"}]})


class PredictionForm(Attached, PredictionOptions):
    """New rows as a form: as the JSON request, with the data as a file."""


class DocumentPredictionRequest(PredictionOptions):
    """A fit document, and new rows to predict from it."""

    document: FitDocument = Field(description="As `POST /v1/fits` answered it.")
    data: Rows = Field(description="Columns, each a list of one type, or records. Null is a missing value.")


PUBLISHED: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (FitRequest, "validation"),
    (FitForm, "validation"),
    (ComparisonRequest, "validation"),
    (ComparisonForm, "validation"),
    (PoolingRequest, "validation"),
    (PoolingForm, "validation"),
    (FormulaRequest, "validation"),
    (DesignRequest, "validation"),
    (DesignAnswer, "serialization"),
    (NoteCatalogue, "serialization"),
    (NoteKind, "serialization"),
    (SimulationRequest, "validation"),
    (FitDocument, "serialization"),
    (FitCollection, "serialization"),
    (JobView, "serialization"),
    (FitList, "serialization"),
    (ComparisonDocument, "serialization"),
    (PoolingDocument, "serialization"),
    (FormulaExpansion, "serialization"),
    (IntervalTable, "serialization"),
    (Posterior, "serialization"),
    (FixedEffectPage, "serialization"),
    (RandomEffectPage, "serialization"),
    (CoefficientPage, "serialization"),
    (VarianceComponentPage, "serialization"),
    (FittedPage, "serialization"),
    (Influence, "serialization"),
    (Simulations, "serialization"),
    (VarianceTests, "serialization"),
    (PredictionRequest, "validation"),
    (PredictionForm, "validation"),
    (DocumentPredictionRequest, "validation"),
    (Predictions, "serialization"),
    (Problem, "serialization"),
]


def reference(model: type[BaseModel]) -> Piece:
    """A reference to a published model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def answer(description: str, *models: type[BaseModel], headers: Piece | None = None) -> Piece:
    """A response whose body is the model, or one of them, as JSON."""
    schemas = [reference(model) for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": description, "headers": headers or {}, "content": {media.JSON: {"schema": schema}}}


def table(description: str, page: type[BaseModel]) -> dict[int | str, Piece]:
    """The responses of a tidy table: a page of it as JSON, or its rows alone in another form; and the refusals."""
    found = answer(description, page, headers=LINK)
    for form in (media.CSV, media.ARROW_STREAM):
        found["content"][form] = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: found,
        **refusals("not_found", "not_acceptable", "invalid_request", *MODELLING, *RUNNING),
    }


def refusals(*codes: str) -> dict[int | str, Piece]:
    """A response for each status among the codes, naming its codes, and one for what no code foresees."""

    def status(code: str) -> int:
        return KINDS[code].status

    content = {PROBLEM: {"schema": reference(Problem)}}
    named: dict[int | str, Piece] = {
        each: {
            "description": " ".join(f"`{code}`: {KINDS[code].title}." for code in group),
            "headers": RETRY_AFTER if each == 503 else {},
            "content": content,
        }
        for each, group in groupby(sorted(codes, key=status), key=status)
    }
    return {**named, "default": {"description": "Any other refusal.", "content": content}}


def table_parameters(options: type[BaseModel]) -> list[Piece]:
    """The query parameters that go with a bare table: every option, those that are no plain text as JSON."""
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": f"With a bare table only. {option.pop('description')}",
            **({"schema": option} if _is_plain(option) else {"content": {media.JSON: {"schema": option}}}),
        }
        for name, option in options.model_json_schema()["properties"].items()
    ]


def _is_plain(option: Piece) -> bool:
    """Whether values are written into a query as they are."""
    kinds = {kind.get("type") for kind in option.get("anyOf", [option])} - {"null"}
    return kinds <= {"string", "number"} or kinds <= {"array", "string"}


def _body(content: Piece) -> Piece:
    return {"requestBody": {"required": True, "content": content}}


def _samples(*commands: str) -> Piece:
    return {"x-codeSamples": [{"lang": "Shell", "source": command} for command in commands]}


def _table_operation(
    options: type[BaseModel], request: type[BaseModel], form: type[BaseModel], *commands: str
) -> Piece:
    """An operation on a table that is sent in any of the ways there are."""
    bodies = {
        media.JSON: {"schema": reference(request)},
        media.FORM: {"schema": reference(form)},
        **{table: {"schema": {"type": "string", "format": "binary"}} for table in media.TABLES},
    }
    return {"parameters": table_parameters(options), **_body(bodies), **_samples(*commands)}


FIT_OPERATION = _table_operation(
    FitOptions,
    FitRequest,
    FitForm,
    f"curl localhost:8000/v1/fits -H 'Content-Type: application/json' \\\n  -d '{json.dumps(RADON)}'",
    "curl localhost:8000/v1/fits -F 'formula=log_radon ~ floor + (1 | county)' -F data=@radon.csv",
    "curl 'localhost:8000/v1/fits?formula=log_radon~floor%2B(1|county)' \\\n"
    "  -H 'Content-Type: text/csv' --data-binary @radon.csv",
    "curl localhost:8000/v1/fits -F data=@radon.csv \\\n"
    "  -F 'formulas=log_radon ~ 1 + (1 | county)' -F 'formulas=log_radon ~ floor + (1 | county)'",
)

COMPARISON_OPERATION = _table_operation(
    ComparisonOptions,
    ComparisonRequest,
    ComparisonForm,
    f"curl localhost:8000/v1/comparisons -H 'Content-Type: application/json' \\\n  -d '{json.dumps(COMPARED)}'",
    "curl localhost:8000/v1/comparisons -F data=@radon.csv \\\n"
    "  -F 'formulas=log_radon ~ floor' -F 'formulas=log_radon ~ floor + (1 | county)'",
)

POOLING_OPERATION = _table_operation(
    PoolingOptions,
    PoolingRequest,
    PoolingForm,
    f"curl localhost:8000/v1/pooling -H 'Content-Type: application/json' \\\n  -d '{json.dumps(RADON)}'",
    "curl localhost:8000/v1/pooling -F 'formula=log_radon ~ floor + (1 | county)' -F data=@radon.csv",
)

FORMULA_OPERATION: Piece = {
    **_body({media.JSON: {"schema": reference(FormulaRequest)}}),
    **_samples(
        "curl localhost:8000/v1/formulas -H 'Content-Type: application/json' \\\n"
        """  -d '{"formula": "y ~ (a + b)^2 + (1 + a | g)"}'"""
    ),
}

SIMULATION_OPERATION: Piece = {
    **_body({media.JSON: {"schema": reference(SimulationRequest)}}),
    **_samples(
        "curl localhost:8000/v1/fits/$ID/simulations -H 'Content-Type: application/json' \\\n"
        """  -d '{"n": 100, "seed": 7, "groups": "new"}'"""
    ),
}


PLAN: Piece = {
    "groups": {"n_groups": 20, "size": 5},
    "sd_between": 0.33,
    "sd_within": 0.76,
    "coefficient": {"effect": 0.3, "sd": 0.5, "level": "group", "power": 0.8},
}

DESIGN_OPERATION: Piece = {
    **_body({media.JSON: {"schema": reference(DesignRequest)}}),
    **_samples(f"curl localhost:8000/v1/designs -H 'Content-Type: application/json' \\\n  -d '{json.dumps(PLAN)}'"),
}


KEPT_PREDICTION_OPERATION: Piece = {
    "parameters": table_parameters(PredictionOptions),
    **_body(
        {
            media.JSON: {"schema": reference(PredictionRequest)},
            media.FORM: {"schema": reference(PredictionForm)},
            **{table: {"schema": {"type": "string", "format": "binary"}} for table in media.TABLES},
        }
    ),
    **_samples(
        "curl localhost:8000/v1/fits/$ID/predictions -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps({'data': NEW_ROWS, 'interval': 'observation'})}'",
        "curl 'localhost:8000/v1/fits/'$ID'/predictions?interval=mean' \\\n"
        "  -H 'Content-Type: text/csv' --data-binary @houses.csv",
    ),
}

PREDICTION_OPERATION: Piece = {
    **_body({media.JSON: {"schema": reference(DocumentPredictionRequest)}}),
    **_samples(
        """jq -n --slurpfile fit fit.json '{document: $fit[0], data: {floor: [1], county: ["new"]}}' |\n"""
        "  curl localhost:8000/v1/predictions -H 'Content-Type: application/json' -d @-"
    ),
}


def published(api: FastAPI) -> Piece:
    """The OpenAPI document of the whole service."""
    document = get_openapi(
        title=api.title, version=api.version, summary=api.summary, description=api.description, routes=api.routes
    )
    _, models = models_json_schema(PUBLISHED, ref_template="#/components/schemas/{model}")
    return document | {"components": {"schemas": models["$defs"]}}


def as_text(document: Piece) -> str:
    """The document as it is kept in a file and served: sorted and indented."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
