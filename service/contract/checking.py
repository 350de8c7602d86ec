"""The checking of a request's words: plain JSON values come in, options go out, or every place that is wrong."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import Fault, InvalidRequest
from service.quoting import LONGEST_EXCERPT, pointer_to

Options = TypeVar("Options", bound=BaseModel)

MOST_FAULTS = 10
"""Faults listed of one request."""


def checked(kind: type[Options], content: Mapping[str, object]) -> Options:
    """The options; raises InvalidRequest with a pointer to each that is wrong."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        refusal = _refusal(error, kind, content, "")
    raise refusal


def checked_text(kind: type[Options], text: bytes, pointer: str) -> Options:
    """The same of JSON text that stands at this pointer."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        refusal = _refusal(error, kind, None, pointer)
    raise refusal


def _refusal(error: ValidationError, kind: type[BaseModel], content: object, pointer: str) -> InvalidRequest:
    """The error for what Pydantic found; `content` is None of text, in whose places the steps of the check stay."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    faults = [
        Fault(
            _sentence(item["type"], item["msg"], item["loc"], kind),
            pointer=pointer_to(pointer, *item["loc"]) if content is None else _pointer(item["loc"], content),
        )
        for item in found[:MOST_FAULTS]
    ]
    return InvalidRequest(f"The request is not valid at {faults[0].pointer}: {faults[0].message}", *faults)


def _sentence(type: str, message: str, location: tuple[int | str, ...], kind: type[BaseModel]) -> str:
    """What is wrong, in words for the caller."""
    if type != "extra_forbidden":
        return f"{message}."
    close = get_close_matches(str(location[-1])[:LONGEST_EXCERPT], kind.model_fields, n=1)
    return "There is no such option" + (f"; did you mean `{close[0]}`?" if close else ".")


def _pointer(location: tuple[int | str, ...], content: object) -> str:
    """The JSON pointer to a place in the request, less the steps that only the check takes."""
    steps: list[str | int] = []
    for step in location:
        if isinstance(content, Mapping) and isinstance(step, str):
            content = content.get(step)
        elif isinstance(content, list) and isinstance(step, int):
            content = content[step]
        else:
            break
        steps.append(step)
    return pointer_to("", *steps)
