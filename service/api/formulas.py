"""Formulas: text comes in, its meaning goes out, and no data are needed."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import submit_body
from service.contract import FormulaExpansion

LARGEST = 2**20
"""Bytes of a body: a formula and the names of some ten thousand columns."""

router = Routes(prefix="/v1/formulas", tag="formulas")


@router.post(
    "",
    summary="Expand a formula",
    response_class=Response,
    responses={
        200: schema.answer("What the formula means.", FormulaExpansion),
        **schema.refusals(*schema.READING, "formula_syntax", "unknown_function", "unsupported_model", *schema.RUNNING),
    },
    openapi_extra=operations.FORMULA_OPERATION,
)
async def expand_formula(request: Request) -> Response:
    """A formula with R's algebra done: its terms, its random parts and the columns it uses, or where it goes wrong."""
    reply = await submit_body(
        request, resources_of(request), "service.tasks.formulas:expand_formula", media.FORMULA_BODIES, limit=LARGEST
    )
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
