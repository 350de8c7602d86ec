"""What a request asks: from its options and its table to questions, each a formula of one response, and their ids.

What one of several formulas has wrong is part of its question; what is wrong with the request as a whole is raised.
"""

import hashlib
import json
from dataclasses import dataclass

from service import __version__, data
from service.contract import MOST_MODELS, FitOptions
from service.errors import Fault, InvalidRequest, ServiceError
from service.formula import names_in, read
from service.formula.formula import Formula
from service.quoting import pointer_to

LONGEST_ECHO = 10_000
"""Characters of a formula that may stand in a document beside what is wrong with it: as many as one may have."""


@dataclass(frozen=True, slots=True)
class Question:
    """A model that is asked for.

    `text` is the formula as it was sent, or that of one response of its `cbind()`, cut where it is too long to be told;
    `pointer` says where it was sent. `formula` is its meaning, or the error that it has none.
    """

    text: str
    pointer: str
    formula: Formula | ServiceError


def questions_of(options: FitOptions, table: data.Table) -> list[Question]:
    """The questions in the order of the formulas and of the responses of each.

    Raises InvalidRequest for too many, and what is wrong with the formula where it is the only one.
    """
    columns = list(table.columns)
    if options.formulas is None:
        text = options.formula or ""
        return _questions(text, "/formula", read(text, columns), MOST_MODELS)
    questions: list[Question] = []
    for place, text in enumerate(options.formulas):
        pointer = pointer_to("", "formulas", place)
        try:
            formula = read(text, columns)
        except ServiceError as error:
            questions.append(Question(text[:LONGEST_ECHO], pointer, error.with_traceback(None)))
        else:
            questions += _questions(text, pointer, formula, MOST_MODELS - len(questions))
    return questions


def _questions(text: str, pointer: str, formula: Formula, most: int) -> list[Question]:
    """The questions of one formula: one, or one for each response; raises InvalidRequest for more than `most`."""
    if len(formula.responses) > most:
        message = f"The responses and formulas make more than {MOST_MODELS:,} models, which one request cannot ask for."
        raise InvalidRequest(message, Fault(message, pointer=pointer))
    if len(formula.responses) == 1:
        return [Question(text[:LONGEST_ECHO], pointer, formula)]
    each = (formula.for_response(response) for response in formula.responses)
    return [Question(single.text[:LONGEST_ECHO], pointer, single) for single in each]


class Identities:
    """The ids of one owner's fits with the same options and data.

    They are the same for the same question and version, however it was sent.
    """

    def __init__(self, options: FitOptions, table: data.Table | data.Rows, owner: str = "") -> None:
        asked = options.model_dump(mode="json", exclude={"formula", "formulas"})
        asked["include"] = sorted(set(options.include))
        words = [__version__, owner, json.dumps(asked, sort_keys=True)]
        self._options = hashlib.sha256("\0".join(words).encode()).digest()
        self._weights = [options.weights] if options.weights else []
        self._fingerprints = data.Fingerprints(table)

    def of(self, formula: Formula) -> str:
        """The id of the fit of a formula."""
        content = self._fingerprints.of([*columns_of(formula), *self._weights])
        return identity(self._options, formula.text, content)


def identity(*parts: str | bytes) -> str:
    """An id of 32 hexadecimal digits that no other parts have."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()[:32]


def columns_of(formula: Formula) -> list[str]:
    """The columns of the data that a formula uses, in alphabetical order."""
    return sorted({name.text for tree in formula.variables.values() for name in names_in(tree)})
