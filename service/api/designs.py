"""Designs: the numbers of a planned study come in, what it will tell goes out."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import submit_body
from service.contract import DesignAnswer

LARGEST = 2**20
"""Bytes of a body: ten thousand sizes of groups, many times over."""

router = Routes(prefix="/v1/designs", tag="designs")


@router.post(
    "",
    summary="Plan a study",
    response_class=Response,
    responses={
        200: schema.answer("What the study will tell.", DesignAnswer),
        **schema.refusals(*schema.READING, "too_few_groups", "all_singletons", *schema.RUNNING),
    },
    openapi_extra=operations.DESIGN_OPERATION,
)
async def plan_study(request: Request) -> Response:
    """How many groups, and how many observations in each: what a study with a varying intercept will tell.

    From the groups' sizes and two standard deviations alone: how far each group will be pulled toward the mean, how
    well the mean and each group will be known, how probable it is that the variance between groups will be estimated
    as 0, and how often intervals hold that take the estimated variances for the true ones. With a coefficient: the
    power to find it, and what it takes to reach another. What is simulated has a seed, and says its Monte Carlo error.
    """
    reply = await submit_body(
        request, resources_of(request), "service.tasks.designs:plan_study", media.DESIGN_BODIES, limit=LARGEST
    )
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
