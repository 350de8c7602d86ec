"""Simulations: responses drawn from a fit."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import follow, received
from service.contract import Simulations

LARGEST = 2**16
"""Bytes of a body: a few options."""

router = Routes(prefix="/v1/fits", tag="fits")


@router.post(
    "/{id}/simulations",
    summary="Draw responses from a fit",
    response_class=Response,
    responses={
        200: schema.answer("The responses.", Simulations),
        **schema.refusals(*schema.READING, "not_found", "unsupported_model", *schema.RUNNING),
    },
    openapi_extra=operations.SIMULATION_OPERATION,
)
async def simulate_fit(request: Request, id: str) -> Response:
    """Responses for the rows of a fit, drawn from the fitted model: to look at what it cannot reproduce.

    Weights and offsets count as they do in the fit. The same request always has the same answer.
    """
    async with received(request, resources_of(request), media.FORMULA_BODIES, LARGEST) as asked:
        reply = await follow(request, id, "service.tasks.simulations:simulate_fit", asked)
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
