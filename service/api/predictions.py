"""Predictions: a fit document, sent or kept, and new rows come in; the rows of the fit are not needed."""

from starlette.requests import Request
from starlette.responses import Response

from service.api import media, operations, schema
from service.api.problems import reported
from service.api.resources import resources_of
from service.api.routes import Routes
from service.api.work import document_of, perform, received, submit_body
from service.contract import Predictions

router = Routes(prefix="/v1", tag="predictions")

ANSWER = schema.answer("The predictions, one for each row in their order.", Predictions)


@router.post(
    "/predictions",
    summary="Predict from a fit document",
    response_class=Response,
    responses={200: ANSWER, **schema.refusals(*schema.READING, *schema.CODING, *schema.RUNNING)},
    openapi_extra=operations.PREDICTION_OPERATION,
)
async def predict_from_document(request: Request) -> Response:
    """Predictions from a fit document that comes with the request, as `POST /v1/fits` answered it.

    Nothing else is needed: the document says how the data were coded (levels, contrasts, the constants of `scale()`,
    `poly()` and splines), and how its estimates err. New rows have the columns that the formula names but the response.
    """
    reply = await submit_body(
        request, resources_of(request), "service.tasks.predictions:predict_from_document", media.DOCUMENT_BODIES
    )
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)


@router.post(
    "/fits/{id}/predictions",
    summary="Predict from a fit that is kept",
    response_class=Response,
    responses={200: ANSWER, **schema.refusals("not_found", *schema.READING, *schema.CODING, *schema.RUNNING)},
    openapi_extra=operations.KEPT_PREDICTION_OPERATION,
)
async def predict_from_fit(request: Request, id: str) -> Response:
    """The same from the document that is kept under an id.

    Send new rows with the options as JSON or as a form with a file; or send a bare table, with the options in the query
    string.
    """
    document = await document_of(request, id)
    async with received(request, resources_of(request), media.ROW_BODIES) as submission:
        reply = await perform(
            request, resources_of(request), "service.tasks.predictions:predict_from_fit", document, submission
        )
    return reported(reply) if reply.failed else Response(reply.body, media_type=media.JSON)
