"""The pages about the service: what it is, and how to use it, for a reader and for a program."""

from functools import cache

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response

from service.api import docs, media, publication
from service.api.routes import Routes

FIRST_REQUEST = (
    "curl localhost:8000/v1/fits -H 'Content-Type: application/json' "
    """-d '{"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon"}'"""
)


def router_of(api: FastAPI) -> Routes:
    """The routes that describe the application; made when somebody asks, as it takes longer than to start the rest."""
    router = Routes(include_in_schema=False)

    @cache
    def text() -> str:
        return publication.as_text(publication.published(api))

    @cache
    def page() -> str:
        return docs.page(publication.published(api))

    index = {
        "name": api.title,
        "version": api.version,
        "summary": api.summary,
        "links": {
            "docs": "/docs",
            "openapi": "/openapi.json",
            "fits": "/v1/fits",
            "comparisons": "/v1/comparisons",
            "pooling": "/v1/pooling",
            "formulas": "/v1/formulas",
        },
        "first_request": FIRST_REQUEST,
    }

    @router.get("/")
    async def read_index() -> Response:
        return JSONResponse(index)

    @router.get("/openapi.json")
    async def read_schema() -> Response:
        return Response(await run_in_threadpool(text), media_type=media.JSON)

    @router.get("/docs")
    async def read_docs() -> Response:
        return HTMLResponse(await run_in_threadpool(page), headers={"Content-Security-Policy": docs.SECURITY_POLICY})

    return router
