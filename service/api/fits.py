"""Fits: a table and a formula come in, a fit document goes out and is kept under its id."""

import time
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from service.api import media, schema
from service.api.problems import reported
from service.api.resources import Documents, resources_of
from service.api.work import perform, submit_body
from service.contract import FitDocument
from service.errors import NotFound

router = APIRouter(prefix="/v1/fits", tags=["fits"])


@router.post(
    "",
    summary="Fit a model",
    status_code=201,
    response_class=Response,
    responses={
        201: schema.answer("The fitted model, kept under its id.", FitDocument, schema.FIT_HEADERS),
        200: schema.answer("The same document that the same request got before.", FitDocument, schema.FIT_HEADERS),
        **schema.refusals(*schema.READING, *schema.MODELLING, *schema.RUNNING),
    },
    openapi_extra=schema.FIT_OPERATION,
)
async def create_fit(request: Request) -> Response:
    """One request, one fitted model.

    Send the formula, the options and the data together as JSON or as a form with a file; or send a bare table, with the
    formula and the options in the query string (`levels`, `contrasts` and `theta` as JSON there and in a form).
    `Content-Encoding: gzip` is read on each of them. The same request always has the same id and the same document.
    """
    started = time.monotonic()
    resources = resources_of(request)
    reply = await submit_body(request, resources, "service.fitting:fit", media.FIT_BODIES)
    if reply.failed:
        return reported(reply)
    if reply.id is None:
        raise TypeError("service.fitting:fit answered with a document that has no id")
    is_new, document = await run_in_threadpool(_keep, resources.documents, reply.id, reply.body)
    seconds = reply.seconds | {"total": time.monotonic() - started}
    headers = {"Location": f"/v1/fits/{reply.id}", "Server-Timing": _server_timing(seconds)}
    return Response(document, 201 if is_new else 200, headers, media.JSON)


@router.get(
    "/{id}",
    summary="A fit, again",
    response_class=Response,
    responses={
        200: schema.answer("The fit document, byte for byte as it was first sent.", FitDocument),
        **schema.refusals("not_found", "internal"),
    },
)
async def read_fit(request: Request, id: str) -> Response:
    """The document of a fit that was made before."""
    return Response(await _document(request, id), media_type=media.JSON)


@router.get(
    "/{id}/summary",
    summary="A fit in plain text",
    response_class=PlainTextResponse,
    responses={
        200: {"description": "The summary."},
        **schema.refusals("not_found", "invalid_request", *schema.RUNNING),
    },
)
async def read_summary(
    request: Request,
    id: str,
    digits: Annotated[int, Query(ge=0, le=10, description="Digits after the decimal point.")] = 2,
) -> Response:
    """What R would print of the fit: in the manner of arm's `display()` and lme4's `summary()`."""
    document = await _document(request, id)
    reply = await perform(request, resources_of(request), "service.fitting:summarise", document, digits)
    return reported(reply) if reply.failed else PlainTextResponse(reply.body)


async def _document(request: Request, id: str) -> bytes:
    document = await run_in_threadpool(resources_of(request).documents.get, id)
    if document is None:
        raise NotFound("No fit has this id.")
    return document


def _keep(documents: Documents, id: str, document: bytes) -> tuple[bool, bytes]:
    """Whether the document is new, and the one that is kept."""
    if documents.put(id, document):
        return True, document
    return False, documents.get(id) or document


def _server_timing(seconds: dict[str, float]) -> str:
    """The stages of the work as Server-Timing writes them, in milliseconds."""
    return ", ".join(f"{stage};dur={1000 * duration:.1f}" for stage, duration in seconds.items())
