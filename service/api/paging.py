"""Pages: the parameters that ask for one, and the answer with a link to the next."""

from typing import Annotated

from fastapi import Query
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from service.api.problems import reported
from service.contract import Reply
from service.contract.paging import MOST_ROWS

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows of a page at most.")]
Cursor = Annotated[
    str | None, Query(max_length=64, description="Where the page begins: `next`, or the `Link` header, of another.")
]


def answered(request: Request, reply: Reply, form: str) -> Response:
    """The page of a reply in its media type, with a link to the next one (RFC 8288); or why there is none."""
    if reply.failed:
        return reported(reply)
    headers = {} if reply.next is None else {"Link": f'<{_following(request.url, reply.next)}>; rel="next"'}
    return Response(reply.body, 200, headers, form)


def _following(url: URL, cursor: str) -> str:
    """The path and query of the next page."""
    following = url.include_query_params(cursor=cursor)
    return f"{following.path}?{following.query}"
