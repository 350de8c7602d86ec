"""Fits: a table and formulas come in, a document goes out and is kept under its id."""

import time
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from service.api import media, schema
from service.api.problems import reported
from service.api.resources import Resources, resources_of
from service.api.work import document_of, perform, received
from service.contract import FitCollection, FitDocument, Reply, Submission

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
    async with received(request, resources, media.FIT_BODIES) as submission:
        reply = await perform(request, resources, "service.tasks.fits:fit", submission)
        if reply.failed:
            return reported(reply)
        if reply.id is None:
            raise TypeError("service.tasks.fits:fit answered with a document that has no id")
        is_new, document = await run_in_threadpool(_keep, resources, reply.id, reply, submission)
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
    return Response(await document_of(request, id), media_type=media.JSON)


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
    document = await document_of(request, id)
    reply = await perform(request, resources_of(request), "service.tasks.fits:summarise", document, digits)
    return reported(reply) if reply.failed else PlainTextResponse(reply.body)


def _keep(resources: Resources, id: str, reply: Reply, submission: Submission) -> tuple[bool, bytes]:
    """Whether the reply's document is new, and the one that is kept, with all that stand in it and what was asked."""
    documents, bodies = resources.documents, resources.bodies
    members = {member: reply.body[place] for member, place in reply.members.items()}
    is_new = id in documents.put_all({id: reply.body} | members)
    asked = None if is_new else documents.request(id)
    if (asked is None or not bodies.has(asked[0])) and bodies.keep(id, Path(submission.path)):
        documents.put_request([id, *members], id, submission.words)
    return is_new, reply.body if is_new else documents.get(id) or reply.body


def _server_timing(seconds: dict[str, float]) -> str:
    """The stages of the work as Server-Timing writes them, in milliseconds."""
    return ", ".join(f"{stage};dur={1000 * duration:.1f}" for stage, duration in seconds.items())
