"""Comparisons: formulas of one response go in, their criteria and likelihood-ratio tests come out."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import submit_body
from service.contract import ComparisonDocument

router = Routes(prefix="/v1/comparisons", tag="comparisons")


@router.post(
    "",
    summary="Compare models",
    response_class=Response,
    responses={
        200: schema.answer("The models side by side.", ComparisonDocument),
        **schema.refusals(*schema.READING, *schema.MODELLING, *schema.RUNNING),
    },
    openapi_extra=operations.COMPARISON_OPERATION,
)
async def compare_formulas(request: Request) -> Response:
    """Several models of one response, fitted by ML to the rows that are complete for all of them, side by side.

    Each model is tested against the one before it in the order of their parameters, as R's `anova()` does, but only if
    that is a special case of it, which is decided from the columns of the data and from the random terms: `x` is part
    of `I(2 * x)`, an uncorrelated term of a correlated one. Otherwise there is a reason, and the test is of the last
    model before that is one. Where a variance is tested, which cannot be less than 0, the p-value is that of a mixture
    of two chi-squared distributions. A formula without a term in bars is complete pooling.

    A formula that cannot be fitted is a problem of the whole request, and so are different responses. What a
    significance test does not tell is whether groups should be in the model: that is no reason to leave them out.
    """
    reply = await submit_body(
        request, resources_of(request), "service.tasks.comparisons:compare_formulas", media.FIT_BODIES
    )
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
