"""Tidy tables: the parts of a fit, and the rows it was made of, page by page as JSON, CSV or an Arrow stream."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, schema
from service.api.paging import Cursor, Limit, answered
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import document_of, follow, perform
from service.contract import Reply, page_of
from service.contract.paging import MOST_ROWS
from service.contract.tables import (
    CoefficientPage,
    FittedPage,
    FixedEffectPage,
    RandomEffectPage,
    VarianceComponentPage,
)

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/fixed-effects",
    summary="The coefficients of a fit as a table",
    response_class=Response,
    responses=schema.table("The coefficients that do not vary by group.", FixedEffectPage),
)
async def read_fixed_effects(request: Request, id: str, limit: Limit = MOST_ROWS, cursor: Cursor = None) -> Response:
    """A row for each coefficient; `Accept` chooses JSON, CSV or an Arrow stream of the same rows."""
    return await _part(request, id, "fixed_effects", limit, cursor)


@router.get(
    "/{id}/random-effects",
    summary="The deviations of a fit's groups as a table",
    response_class=Response,
    responses=schema.table("The groups' deviations.", RandomEffectPage),
)
async def read_random_effects(request: Request, id: str, limit: Limit = MOST_ROWS, cursor: Cursor = None) -> Response:
    """A row for each factor, group and coefficient that varies by it; `Accept` chooses JSON, CSV or an Arrow stream."""
    return await _part(request, id, "random_effects", limit, cursor)


@router.get(
    "/{id}/coefficients",
    summary="The lines of a fit's groups as a table",
    response_class=Response,
    responses=schema.table("The groups' own coefficients.", CoefficientPage),
)
async def read_coefficients(request: Request, id: str, limit: Limit = MOST_ROWS, cursor: Cursor = None) -> Response:
    """A row for each factor, group and coefficient; `Accept` chooses JSON, CSV or an Arrow stream."""
    return await _part(request, id, "coefficients", limit, cursor)


@router.get(
    "/{id}/variance-components",
    summary="The standard deviations of a fit as a table",
    response_class=Response,
    responses=schema.table("How much varies, and by what.", VarianceComponentPage),
)
async def read_variance_components(
    request: Request, id: str, limit: Limit = MOST_ROWS, cursor: Cursor = None
) -> Response:
    """A row for each coefficient that varies, and for the residual; `Accept` chooses JSON, CSV or an Arrow stream."""
    return await _part(request, id, "variance_components", limit, cursor)


@router.get(
    "/{id}/fitted",
    summary="The rows of a fit, with fitted values, residuals and leverages",
    response_class=Response,
    responses=schema.table("The rows.", FittedPage),
)
async def read_fitted(request: Request, id: str, limit: Limit = MOST_ROWS, cursor: Cursor = None) -> Response:
    """A row for each row that was fitted, by its number in the data; `Accept` chooses JSON, CSV or an Arrow stream.

    It is made of the data of the fit, which are kept for a while: when they are gone, send its request once more.
    """
    form, page = _form(request), page_of(f"{id}/fitted", limit, cursor)
    return _table(request, await follow(request, id, "service.tasks.tables:read_fitted", page, form), form)


async def _part(request: Request, id: str, part: str, limit: int, cursor: str | None) -> Response:
    """A page of a part of a fit's document."""
    form, page = _form(request), page_of(f"{id}/{part}", limit, cursor)
    document = await document_of(request, id)
    resources = resources_of(request)
    return _table(
        request, await perform(request, resources, "service.tasks.tables:read_part", document, part, page, form), form
    )


def _form(request: Request) -> str:
    """The media type of the answer; raises NotAcceptable."""
    return media.negotiate(",".join(request.headers.getlist("accept")), media.TABLE_FORMS)


def _table(request: Request, reply: Reply, form: str) -> Response:
    """The answer with a table in the form that was chosen."""
    response = answered(request, reply, form)
    response.headers["Vary"] = "Accept"
    return response
