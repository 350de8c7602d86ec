"""Intervals of the parameters of a fit that was made before."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from service.api import media, schema
from service.api.problems import reported
from service.api.routes import Routes
from service.api.work import follow
from service.contract import IntervalRequest, IntervalTable

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/intervals",
    summary="Intervals of all parameters",
    response_class=Response,
    responses={
        200: schema.answer("The intervals, in the order of the fit document.", IntervalTable),
        **schema.refusals("not_found", "invalid_request", "unsupported_model", *schema.RUNNING),
    },
)
async def read_intervals(request: Request, id: str, asked: Annotated[IntervalRequest, Query()]) -> Response:
    """The coefficients', standard deviations', correlations' and the adjusted intraclass correlation's intervals.

    `wald` takes the standard errors: of coefficients against t, with the degrees of freedom that the fit was asked for
    with; of standard deviations on the log scale, of correlations on Fisher's, of the intraclass correlation on the
    logit's.

    `profile` takes all values that the criterion of the fit, REML or ML, does not contradict whatever the other
    parameters are: such an interval may start at a standard deviation of 0 and end at a correlation of 1. By REML, that
    of a coefficient is of the likelihood in which the other coefficients alone are integrated out.

    `bootstrap` takes percentiles of fits to data drawn from the model with new effects for every group; fits that fail
    are counted in `bootstrap`.
    """
    reply = await follow(request, id, "service.tasks.intervals:find_intervals", asked)
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
