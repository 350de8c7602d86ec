"""Notes: every kind that a fit may carry, from a list; no worker is asked."""

from difflib import get_close_matches

from starlette.responses import Response

from service.api import media, schema
from service.api.routes import Routes
from service.contract import NOTES, NoteCatalogue, NoteKind
from service.errors import NotFound
from service.quoting import LONGEST_EXCERPT

router = Routes(prefix="/v1/notes", tag="notes")

KINDS = {kind.code: kind for kind in NOTES.notes}


@router.get(
    "",
    summary="Every kind of note",
    response_class=Response,
    responses={200: schema.answer("The kinds of notes.", NoteCatalogue), **schema.refusals("invalid_request")},
)
async def read_notes() -> Response:
    """What the notes of fits may say: the codes, what they mean, what to do, where to read on, and what to ask next."""
    return Response(NOTES.model_dump_json(), media_type=media.JSON)


@router.get(
    "/{code}",
    summary="A kind of note",
    response_class=Response,
    responses={200: schema.answer("The kind of note.", NoteKind), **schema.refusals("not_found", "invalid_request")},
)
async def read_note(code: str) -> Response:
    """What notes of one code say."""
    if code not in KINDS:
        close = get_close_matches(code[:LONGEST_EXCERPT], KINDS, n=1)
        raise NotFound("No note has this code" + (f"; did you mean {close[0]}?" if close else "; see /v1/notes."))
    return Response(KINDS[code].model_dump_json(), media_type=media.JSON)
