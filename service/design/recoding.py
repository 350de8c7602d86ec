"""Values seen in batches: the distinct ones of all rows, and from the values of a batch to codes in their levels."""

from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Flags, Vector
from service.data.table import Categorical, Column, Logical, Numeric
from service.design.index import Index, union
from service.design.levels import distinct_numbers, labelled, recoded


class Distinct:
    """The distinct values of a variable in the rows seen so far."""

    __slots__ = ("_numbers", "_occurs", "_outline")

    def __init__(self, outline: Column) -> None:
        self._outline = outline
        self._numbers: Vector = np.empty(0)
        self._occurs: Flags = np.zeros(0, dtype=np.bool_)
        if isinstance(outline, Categorical):
            self._occurs = np.zeros(len(outline.levels), dtype=np.bool_)

    def see(self, values: Column) -> None:
        """Take in the values of more rows; labels have the levels of the outline."""
        if isinstance(values, Categorical):
            codes = values.codes
            self._occurs[codes[codes >= 0] if codes.min(initial=0) < 0 else codes] = True
        else:
            self._numbers = union(self._numbers, distinct_numbers(values.values))

    def specimen(self) -> Column:
        """Each value that occurs once, in the order of levels or numbers."""
        match self._outline:
            case Categorical(levels=levels):
                return Categorical(np.flatnonzero(self._occurs), levels)
            case Logical():
                return Logical(self._numbers)
            case Numeric():
                return Numeric(self._numbers)


@dataclass(frozen=True, slots=True)
class Recoding:
    """How values become codes in `levels`: what has place k, in its own levels or in `index`, has `code_of[k]`.

    `code_of` (k + 1,) ends with -1, for what is missing.
    """

    index: Index | None
    code_of: Codes
    levels: tuple[str, ...]

    def codes(self, values: Column) -> Codes:
        """The codes of these values, each of which the recoding was made for; -1 where one is missing."""
        if isinstance(values, Categorical):
            return self.code_of[values.codes]
        if self.index is None:
            raise TypeError("a recoding of labels was asked for numbers")
        return self.code_of[self.index.find(values.values)]


def recoding(specimen: Column, levels: tuple[str, ...]) -> Recoding:
    """The recoding into these levels of the values of a specimen; a label that is no level counts as missing."""
    codes = recoded(labelled(specimen), levels)
    if isinstance(specimen, Categorical):
        code_of = np.full(len(specimen.levels) + 1, -1, dtype=np.intp)
        code_of[specimen.codes] = codes
        return Recoding(None, code_of, levels)
    return Recoding(Index(specimen.values), np.append(codes, -1), levels)
