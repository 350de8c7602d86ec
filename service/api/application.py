"""The API in one piece: a lifespan that brings the resources goes in, an application comes out."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypedDict

from fastapi import FastAPI

from service import __version__
from service.api import (
    comparisons,
    designs,
    events,
    fits,
    formulas,
    health,
    influence,
    intervals,
    notes,
    pages,
    pooling,
    posterior,
    predictions,
    simulations,
    tables,
    variance_tests,
)
from service.api.admission import Admission
from service.api.exchanges import Exchanges
from service.api.middleware import HeadAsGet, Linger, SecurityHeaders
from service.api.problems import HANDLERS
from service.api.resources import Resources

SUMMARY = "Multilevel linear models over HTTP."
DESCRIPTION = """\
Send a dataset and an R formula; get back what lme4's `lmer` tells, and how far each group was pooled.

Where an answer comes in several formats, the `Accept` header chooses one, JSON if it does not mind; all others are JSON
whatever it asks for. Refusals are `application/problem+json` with a stable `code`, a sentence in `detail`, and in
`errors` the places they are about."""


class State(TypedDict):
    """What the lifespan of the application brings to its requests."""

    resources: Resources


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[State]]


def assemble(lifespan: Lifespan) -> FastAPI:
    """The application; nothing starts before its lifespan does."""
    of_fits = (fits, events, tables, predictions, intervals, posterior, influence, simulations, variance_tests)
    resources = (*of_fits, comparisons, pooling, designs, notes, formulas, health)
    api = FastAPI(
        # Of a router that is included the framework asks for each request twice what it knows.
        routes=[route for resource in resources for route in resource.router.routes],
        title="partialpool",
        version=__version__,
        summary=SUMMARY,
        description=DESCRIPTION,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        telemetry={"logs": False},  # they would have the messages of exceptions
        # The framework's own pages load scripts from elsewhere, and its redirects repeat the Host header.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for layer in (Admission, Linger, HeadAsGet, SecurityHeaders, Exchanges):
        api.add_middleware(layer)
    api.router.routes.extend(pages.router_of(api).routes)
    return api
