"""What operations take, in full, though the endpoints take the raw request: bodies, parameters and samples."""

import json

from pydantic import BaseModel, ConfigDict, Field

from service.api import media
from service.api.schema import Piece, reference
from service.contract import (
    ComparisonOptions,
    DesignRequest,
    FitDocument,
    FitOptions,
    FormulaRequest,
    PoolingOptions,
    PredictionOptions,
    SimulationRequest,
)

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
