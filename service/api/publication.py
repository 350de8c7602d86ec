"""The publication: OpenAPI in full, from the routes and the models of the contract."""

import json

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from service.api import operations
from service.api.schema import Piece, refusals
from service.contract import (
    ComparisonDocument,
    DesignAnswer,
    DesignRequest,
    FitCollection,
    FitDocument,
    FitList,
    FormulaExpansion,
    FormulaRequest,
    Influence,
    IntervalTable,
    JobView,
    NoteCatalogue,
    NoteKind,
    PoolingDocument,
    Posterior,
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

CALLING = ("unauthorized", "rate_limited")
"""What any request under /v1 may be refused with."""

BEARER: Piece = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key that `python -m service keys create` has made; none is needed where there are no keys.",
}

PUBLISHED: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (operations.FitRequest, "validation"),
    (operations.FitForm, "validation"),
    (operations.ComparisonRequest, "validation"),
    (operations.ComparisonForm, "validation"),
    (operations.PoolingRequest, "validation"),
    (operations.PoolingForm, "validation"),
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
    (operations.PredictionRequest, "validation"),
    (operations.PredictionForm, "validation"),
    (operations.DocumentPredictionRequest, "validation"),
    (Predictions, "serialization"),
    (Problem, "serialization"),
]


def published(api: FastAPI) -> Piece:
    """The OpenAPI document of the whole service."""
    document = get_openapi(
        title=api.title, version=api.version, summary=api.summary, description=api.description, routes=api.routes
    )
    _, models = models_json_schema(PUBLISHED, ref_template="#/components/schemas/{model}")
    for path, operations_there in document["paths"].items():
        if path.startswith("/v1"):
            follows = path.startswith("/v1/fits/{id}/") and not path.endswith("/events")
            for operation in operations_there.values():
                more = refusals(*CALLING, *(["not_finished"] if follows else []))
                operation["responses"] |= {str(status): response for status, response in more.items()}
                operation["security"] = [{"key": []}, {}]
    return document | {"components": {"schemas": models["$defs"], "securitySchemes": {"key": BEARER}}}


def as_text(document: Piece) -> str:
    """The document as it is kept in a file and served: sorted and indented."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
