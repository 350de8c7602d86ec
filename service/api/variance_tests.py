"""Tests of variances, given only when they are asked for."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from service.api import media, schema
from service.api.problems import reported
from service.api.routes import Routes
from service.api.work import follow
from service.contract import VarianceTestRequest, VarianceTests

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/variance-tests",
    summary="Test what varies",
    response_class=Response,
    responses={
        200: schema.answer("The tests.", VarianceTests),
        **schema.refusals("not_found", "invalid_request", "unsupported_model", "not_finite", *schema.RUNNING),
    },
)
async def read_variance_tests(request: Request, id: str, asked: Annotated[VarianceTestRequest, Query()]) -> Response:
    """The fit against models in which one thing less varies, by likelihood ratios with the law they have on a boundary.

    No fit says this unasked: whether a variance is significant does not decide whether a model should have it.
    """
    reply = await follow(request, id, "service.tasks.variance_tests:check_variances", asked)
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
