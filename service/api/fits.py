"""Fits: a table and formulas come in, a document goes out and is kept under its id."""

import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from service.api import media, operations, schema
from service.api.admission import prefers_job
from service.api.archive import Filed
from service.api.job_views import accepted, view_of
from service.api.problems import reported
from service.api.resources import Resources, owner_of, resources_of
from service.api.routes import Routes
from service.api.shared_work import share, wait_for
from service.api.work import document_of, find, perform, received
from service.contract import FitCollection, FitDocument, FitList, JobView
from service.contract.job import FitEntry
from service.errors import Fault, InvalidRequest, NotFound
from service.jobs.job import Job
from service.jobs.store import Entry

MOST_LISTED = 1000

router = Routes(prefix="/v1/fits", tag="fits")


@router.post(
    "",
    summary="Fit a model, or many",
    status_code=201,
    response_class=Response,
    responses={
        201: schema.answer(
            "The fitted model, or models, kept under their ids.",
            FitDocument,
            FitCollection,
            headers=schema.FIT_HEADERS,
            links=schema.FOLLOWING,
        ),
        200: schema.answer(
            "The same document that the same request got before.",
            FitDocument,
            FitCollection,
            headers=schema.FIT_HEADERS,
            links=schema.FOLLOWING,
        ),
        202: schema.answer(
            "The job that the request has become.", JobView, headers=schema.JOB_HEADERS, links=schema.FOLLOWING
        ),
        304: {"description": "The document is the one that `If-None-Match` names."},
        **schema.refusals(*schema.READING, *schema.MODELLING, *schema.RUNNING),
    },
    openapi_extra=operations.FIT_OPERATION,
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

    `Prefer: respond-async` asks for a job at once; a fit that takes longer than the service lets requests wait becomes
    one by itself. A job is finished whatever happens to the processes of the service, and its path answers with the
    document then.
    """
    started = time.monotonic()
    resources = resources_of(request)
    async with AsyncExitStack() as stack:
        submission = await stack.enter_async_context(received(request, resources, media.FIT_BODIES))
        waits = not prefers_job(request.headers)
        if waits:
            stack.enter_context(resources.pace.place(request.scope["client"]))
        known = await resources.batches.do(resources.archive.known, submission)
        if known is not None:
            resources.counts.fits("known").inc()
            return _document(request, known, {"total": time.monotonic() - started})
        if not waits:
            job = await run_in_threadpool(resources.backlog.accept, submission)
            resources.runner.wake()
            resources.counts.fits("job").inc()
            return accepted(job)
        work = share(resources, submission, stack)
    made = await wait_for(request, resources, work)
    if isinstance(made, Job):
        resources.counts.fits("job").inc()
        return accepted(made)
    if made.filed is None:
        resources.counts.fits("refused").inc()
        return reported(made.reply)
    resources.counts.fits("made" if made.filed.is_new else "known").inc()
    return _document(request, made.filed, made.reply.seconds | {"total": time.monotonic() - started})


@router.get(
    "",
    summary="The fits there are",
    response_class=Response,
    responses={
        200: schema.answer("The caller's jobs that are not over, and fits.", FitList),
        **schema.refusals("invalid_request", "storage_unavailable"),
    },
)
async def list_fits(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="The most fits of one page.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page begins: `next` of the one before.")] = None,
) -> Response:
    """The caller's jobs that are not over, on the first page, and their fits, from the newest on."""
    page = await run_in_threadpool(_page, resources_of(request), owner_of(request), limit, cursor)
    return Response(page.model_dump_json(), media_type=media.JSON)


@router.get(
    "/{id}",
    summary="A fit, again, or where its job stands",
    response_class=Response,
    responses={
        200: schema.answer("The document, byte for byte as it was first sent.", FitDocument, FitCollection, JobView),
        304: {"description": "The document is the one that `If-None-Match` names."},
        **schema.refusals("not_found", "invalid_request", "internal", "storage_unavailable"),
    },
)
async def read_fit(request: Request, id: str) -> Response:
    """The document of a fit that was made before, of a collection of fits, or of the job with this id.

    A job that has led to no document, or not yet, is shown as it stands.
    """
    found = await run_in_threadpool(find, resources_of(request), id, owner_of(request))
    if isinstance(found, Job):
        return Response(view_of(found).model_dump_json(), headers={"Cache-Control": "no-store"}, media_type=media.JSON)
    return _document(request, Filed(*found, is_new=False))


@router.delete(
    "/{id}",
    summary="Remove a fit, or stop its job",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **schema.refusals("not_found", "storage_unavailable")},
)
async def delete_fit(request: Request, id: str) -> Response:
    """Stop the job with this id, which frees its worker within a second; or remove the fit for good.

    A job that was stopped is still told of, as is one that failed, until it is removed in the same way.
    """
    if not await run_in_threadpool(_delete, resources_of(request), id, owner_of(request)):
        raise NotFound("No fit has this id.")
    return Response(status_code=204)


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


def _document(request: Request, filed: Filed, seconds: dict[str, float] | None = None) -> Response:
    """The answer that a document is; without its bytes, if the client has them."""
    tag = f'"{filed.id}"'
    headers = {"Location": f"/v1/fits/{filed.id}", "ETag": tag}
    if seconds is not None:
        headers["Server-Timing"] = _server_timing(seconds)
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if not filed.is_new and (tag in known or "*" in known):
        return Response(status_code=304, headers=headers)
    return Response(filed.document, 201 if filed.is_new else 200, headers, media.JSON)


def _page(resources: Resources, owner: str, limit: int, cursor: str | None) -> FitList:
    """A page of the owner's jobs and fits. Raises InvalidRequest for a cursor that is none."""
    after = None if cursor is None else _place(cursor)
    jobs = [] if after is not None else resources.backlog.jobs.unfinished(owner, MOST_LISTED)
    entries = resources.archive.documents.page(owner, limit + 1, after)
    shown = [FitEntry(id=job.id, status=job.state, created_at=job.created_at, bytes=None) for job in jobs]
    shown += [_entry(each) for each in entries[:limit]]
    last = entries[limit - 1] if len(entries) > limit else None
    return FitList(fits=shown, next=None if last is None else _cursor(last))


def _entry(each: Entry) -> FitEntry:
    return FitEntry(id=each.id, status="succeeded", created_at=each.created_at, bytes=each.size)


def _cursor(last: Entry) -> str:
    """The cursor of the page after this entry, in letters that a query may have as they are."""
    return f"{last.created_at.astimezone(UTC).isoformat().removesuffix('+00:00')}Z~{last.id}"


def _place(cursor: str) -> tuple[datetime, str]:
    """The entry that a cursor stands for."""
    moment, _, id = cursor.partition("~")
    try:
        # At the ends of the calendar another zone's time may be none in UTC, by which the database goes.
        return datetime.fromisoformat(moment).astimezone(UTC), id
    except (ValueError, OverflowError):
        message = "This cursor is none: send `next` of the page before."
        raise InvalidRequest(message, Fault(message, pointer="/cursor")) from None


def _delete(resources: Resources, id: str, owner: str) -> bool:
    """Whether there was a fit or a job with this id, which is gone, or was running and is stopped."""
    if resources.backlog.cancel(id, owner):
        resources.runner.wake()
        return True
    job = resources.backlog.jobs.get(id, owner)
    fit = id if job is None or job.fit is None else job.fit
    if resources.archive.documents.remove(fit, owner, "It was removed by whoever made it."):
        return True
    return resources.backlog.jobs.forget(id, owner)


def _server_timing(seconds: dict[str, float]) -> str:
    """The stages of the work as Server-Timing writes them, in milliseconds."""
    return ", ".join(f"{stage};dur={1000 * duration:.1f}" for stage, duration in seconds.items())
