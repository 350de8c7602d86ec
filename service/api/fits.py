"""Fits: a table and formulas come in, a document goes out and is kept under its id."""

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
from service.contract import FitCollection, FitDocument, Reply
from service.errors import NotFound

router = APIRouter(prefix="/v1/fits", tags=["fits"])


@router.post(
    "",
    summary="Fit a model, or many",
    status_code=201,
    response_class=Response,
    responses={
        201: schema.answer(
            "The fitted model, or models, kept under their ids.", FitDocument, FitCollection, headers=schema.FIT_HEADERS
        ),
        200: schema.answer(
            "The same document that the same request got before.",
            FitDocument,
            FitCollection,
            headers=schema.FIT_HEADERS,
        ),
        **schema.refusals(*schema.READING, *schema.MODELLING, *schema.RUNNING),
    },
    openapi_extra=schema.FIT_OPERATION,
)
async def create_fit(request: Request) -> Response:
    """One request, one fitted model; or many models of one table.

    Send the formula, the options and the data together as JSON or as a form with a file; or send a bare table, with the
    formula and the options in the query string (`levels`, `contrasts` and `theta` as JSON there and in a form).
    `Content-Encoding: gzip` is read on each of them. The same request always has the same id and the same document.

    With `formulas` (in a query or a form the field is repeated, or a JSON list), or with several responses in
    `cbind()`, the table is read once for all and the answer is a [FitCollection]: in it each model has the document it
    gets alone, which is kept under its own id too, or its own problem. It is the answer even where every formula fails;
    what is wrong with the request as a whole is a problem as ever. The time a request may take is that of all together.
    """
    started = time.monotonic()
    resources = resources_of(request)
    reply = await submit_body(request, resources, "service.fitting:fit", media.FIT_BODIES)
    if reply.failed:
        return reported(reply)
    if reply.id is None:
        raise TypeError("service.fitting:fit answered with a document that has no id")
    is_new, document = await run_in_threadpool(_keep, resources.documents, reply.id, reply)
    seconds = reply.seconds | {"total": time.monotonic() - started}
    headers = {"Location": f"/v1/fits/{reply.id}", "Server-Timing": _server_timing(seconds)}
    return Response(document, 201 if is_new else 200, headers, media.JSON)


@router.get(
    "/{id}",
    summary="A fit, again",
    response_class=Response,
    responses={
        200: schema.answer("The document, byte for byte as it was first sent.", FitDocument, FitCollection),
        **schema.refusals("not_found", "internal"),
    },
)
async def read_fit(request: Request, id: str) -> Response:
    """The document of a fit that was made before, or of a collection of fits."""
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
    """What R would print of the fit: in the manner of arm's `display()` and lme4's `summary()`.

    Of a collection it is one after the other, each under its formula.
    """
    document = await _document(request, id)
    reply = await perform(request, resources_of(request), "service.fitting:summarise", document, digits)
    return reported(reply) if reply.failed else PlainTextResponse(reply.body)


async def _document(request: Request, id: str) -> bytes:
    document = await run_in_threadpool(resources_of(request).documents.get, id)
    if document is None:
        raise NotFound("No fit has this id.")
    return document


def _keep(documents: Documents, id: str, reply: Reply) -> tuple[bool, bytes]:
    """Whether the reply's document is new, and the one that is kept, with all that stand in it."""
    members = {member: reply.body[place] for member, place in reply.members.items()}
    if id in documents.put_all({id: reply.body} | members):
        return True, reply.body
    return False, documents.get(id) or reply.body


def _server_timing(seconds: dict[str, float]) -> str:
    """The stages of the work as Server-Timing writes them, in milliseconds."""
    return ", ".join(f"{stage};dur={1000 * duration:.1f}" for stage, duration in seconds.items())
