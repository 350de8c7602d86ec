"""Influence: what a fit would be without each of its groups."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from service.api import media, schema
from service.api.paging import Cursor, answered
from service.api.routes import Routes
from service.api.work import follow
from service.contract import Influence, page_of
from service.contract.influence import MOST_GROUPS, MOST_REFITS

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/influence",
    summary="A fit without each of its groups",
    description=(
        "The groups of a factor are left out one at a time and all is fitted again, exactly: how far the estimates "
        "move, Cook's distance, and how well the group's own rows are predicted without it.\n\n"
        f"A page has up to {MOST_GROUPS:,} groups where one coefficient varies by one factor, and up to {MOST_REFITS} "
        "of other models, in which each group takes a search of its own: where a fit takes long, ask for few with "
        "`limit`. What cannot be fitted without a group says so in its `reason`."
    ),
    response_class=Response,
    responses={
        200: schema.answer("The groups, in the order of their levels.", Influence, headers=schema.LINK),
        **schema.refusals("not_found", "invalid_request", *schema.MODELLING, *schema.RUNNING),
    },
)
async def read_influence(
    request: Request,
    id: str,
    group: Annotated[
        str | None,
        Query(max_length=1000, description="The factor whose groups are left out; the only one has not to be named."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_GROUPS, description="Groups of a page at most.")] = MOST_GROUPS,
    cursor: Cursor = None,
) -> Response:
    """Groups that are left out one at a time."""
    page = page_of(f"{id}/influence/{group or ''}", limit, cursor)
    reply = await follow(request, id, "service.tasks.influence:read_influence", group, page)
    return answered(request, reply, media.JSON)
