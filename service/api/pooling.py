"""Pooling: a formula with one varying intercept goes in; complete, no and partial pooling come out side by side."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import submit_body
from service.contract import PoolingDocument

router = Routes(prefix="/v1/pooling", tag="pooling")


@router.post(
    "",
    summary="Complete, no and partial pooling",
    response_class=Response,
    responses={
        200: schema.answer("The three side by side.", PoolingDocument),
        **schema.refusals(*schema.READING, *schema.MODELLING, *schema.RUNNING),
    },
    openapi_extra=operations.POOLING_OPERATION,
)
async def pool(request: Request) -> Response:
    """A model with one varying intercept, between the two classical regressions that it is a compromise of.

    Complete pooling is least squares of all rows. No pooling has two meanings, and both are here: an indicator for each
    group, with slopes in common; and a regression of its own within each group, with a list of the groups where that
    is impossible and why. Partial pooling is the multilevel model. Every group's estimate is taken apart: its own mean
    less what the predictors explain, the mean of the model, and the weight of the former; beside it stands what the
    chapter's approximate formula makes of them. The limits of the model, as the variance between groups vanishes or
    grows, are computed by themselves and compared with the classical regressions. The page `/docs` shows the five ways
    to write the model, [FiveWays].
    """
    reply = await submit_body(request, resources_of(request), "service.tasks.pooling:pool", media.FIT_BODIES)
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
