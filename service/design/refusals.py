"""The refusals of this room, worded: from what is wrong and where, to the error that says so.

User text is quoted in part only: a name may be as long as the request.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

from service.data.table import Categorical
from service.errors import BodyTooLarge, Fault, FormulaSyntax, InvalidRequest, UnknownColumn, WrongType
from service.formula.expression import Call
from service.formula.formula import Formula
from service.quoting import LONGEST_EXCERPT, excerpt, quote

MOST_CANDIDATES = 1000


def unknown_column(
    name: str, known: Iterable[str], *, option: str | None = None, position: int | None = None
) -> UnknownColumn:
    """The error for a name that is no column, suggesting the most similar one; `option` points to who named it."""
    message = f"The data have no column {quote(name)}"
    if len(name) <= LONGEST_EXCERPT and (similar := _similar(name, list(islice(known, MOST_CANDIDATES)))):
        message += f"; did you mean {quote(similar[0])}?"
    else:
        message += "."
    return UnknownColumn(message, Fault(message, pointer=option, column=excerpt(name), position=position))


def _similar(name: str, known: Sequence[str]) -> list[str]:
    """The known names most similar to a name: those that differ in capitals alone, or the closest if it is close."""
    same = [each for each in known if each.casefold() == name.casefold()]
    return same or get_close_matches(name, known, n=1)


def wrong_type(
    message: str, *, option: str | None = None, column: str | None = None, position: int | None = None
) -> WrongType:
    """The error for a variable of the wrong kind."""
    return WrongType(message, Fault(message, pointer=option, column=column, position=position))


def odd_one_out(column: object) -> str:
    """`: ... is none` of the first label that is no number where others are, as after a slip in a file; or nothing."""
    if not isinstance(column, Categorical):
        return ""
    odd = next((level for level in column.levels if not _is_number(level)), None)
    return f": {quote(odd)} is none" if odd is not None and any(map(_is_number, column.levels)) else ""


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def bad_argument(message: str, position: int) -> FormulaSyntax:
    """The error for an argument that a function of the formula cannot take."""
    return FormulaSyntax(message, Fault(message, position=position))


def unfit_values(message: str, call: Call) -> InvalidRequest:
    """The error for values that a function of the formula cannot be computed from."""
    return InvalidRequest(message, Fault(message, position=call.position))


def several_responses(formula: Formula) -> InvalidRequest:
    """The error for a formula of several responses where one model is made."""
    message = f"A model has one response; this formula has {len(formula.responses)}."
    return InvalidRequest(message, Fault(message, position=formula.variables[formula.responses[1]].position))


def invalid_option(message: str, option: str, *, column: str | None = None, row: int | None = None) -> InvalidRequest:
    """The error for an option that does not fit the data; `option` points to it."""
    return InvalidRequest(message, Fault(message, pointer=option, column=column, row=row))


def single_level(label: str) -> InvalidRequest:
    """The error for a factor that cannot be told from the intercept."""
    message = f"{quote(label)} has only one level in the rows that are used; a predictor needs two."
    return InvalidRequest(message, Fault(message, column=excerpt(label)))


def too_many_levels(label: str, found: int, most: int) -> BodyTooLarge:
    """The error for a factor, or a combination of some, of more levels than one may have."""
    message = f"{quote(label)} has {found} levels in the rows that are used; the limit is {most}."
    return BodyTooLarge(message, Fault(message, column=excerpt(label)))


def unknown_level(label: str, level: str, row: int) -> InvalidRequest:
    """The error for a label that the fitted model has no coefficient for."""
    message = f"{quote(label)} is {quote(level)} in row {row}, a level that the fitted model does not know."
    return InvalidRequest(message, Fault(message, column=excerpt(label), row=row))
