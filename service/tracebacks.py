"""Tracebacks: an exception as a log may have it. Its messages stay out, as they may quote what a caller sent."""

import traceback
from collections.abc import Iterator


def traceback_of(error: BaseException) -> str:
    """The types of an exception and of those that led to it, the first first, and the lines of code they passed."""
    return "\n".join(_lines(error, set())).rstrip()


def _lines(error: BaseException, told: set[int]) -> Iterator[str]:
    """What there is to say of an exception and of those before it, each once: they may lead in a circle."""
    told.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in told:
        yield from _lines(before, told)
        yield "which led to"
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            if id(member) not in told:
                yield "with in it"
                yield from _lines(member, told)
