"""The posterior of a fit: its id goes in with a prior, every quantity's posterior comes out."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from service.api import media, schema
from service.api.problems import reported
from service.api.routes import Routes
from service.api.work import follow
from service.contract import Posterior, PosteriorRequest

router = Routes(prefix="/v1/fits", tag="fits")


@router.get(
    "/{id}/posterior",
    summary="The exact posterior of a fit",
    response_class=Response,
    responses={
        200: schema.answer("The posterior of every quantity.", Posterior),
        **schema.refusals("not_found", "invalid_request", "not_finite", "unsupported_model", *schema.RUNNING),
    },
)
async def read_posterior(request: Request, id: str, asked: Annotated[PosteriorRequest, Query()]) -> Response:
    """Bayesian inference for a model with one varying intercept, by quadrature over both standard deviations.

    With few groups the standard deviation between them is badly known, and intervals that take its estimate for the
    truth are too short. Here each is averaged over all its values, as a long MCMC run would do, but in milliseconds and
    with the same result each time. A model with several random terms is refused, and so is a prior with which the
    posterior has no integral: the refusal says why, and which prior to choose.
    """
    reply = await follow(request, id, "service.tasks.posterior:find_posterior", asked)
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
