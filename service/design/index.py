"""An index of distinct numbers: from numbers among them to their places."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from service.arrays import Codes, Vector
from service.design.levels import LARGEST_WHOLE_NUMBER, ROOM_PER_ROW

Kind = TypeVar("Kind", np.float64, np.intp)

FREE_ROOM = 2**18
"""Entries of a table of places that are not worth a thought."""


class Index:
    """Where numbers stand among `distinct` ones (k,), which are in increasing order; NaN stands at -1.

    Whole numbers that lie close together are looked up in a table, others searched for.
    """

    __slots__ = ("_low", "_places", "distinct")

    def __init__(self, distinct: Vector | Codes) -> None:
        self.distinct = distinct
        self._low = distinct[0] if len(distinct) else 0
        self._places: Codes | None = None
        if _is_close(distinct):
            steps = (distinct - self._low).astype(np.intp)
            self._places = np.full(steps[-1] + 1, -1, dtype=np.intp)
            self._places[steps] = np.arange(len(distinct))

    def find(self, numbers: Vector | Codes) -> Codes:
        """The places of these numbers (n,), each of which is NaN or among the distinct ones."""
        missing = np.isnan(numbers)
        if missing.any():
            places = np.full(len(numbers), -1, dtype=np.intp)
            places[~missing] = self._find(numbers[~missing])
            return places
        return self._find(numbers)

    def _find(self, numbers: Vector | Codes) -> Codes:
        if self._places is None:
            return np.searchsorted(self.distinct, numbers)
        return self._places[(numbers - self._low).astype(np.intp)]


def union(left: NDArray[Kind], right: NDArray[Kind]) -> NDArray[Kind]:
    """The distinct numbers of two that are in increasing order, in increasing order."""
    if len(left) == len(right) and np.array_equal(left, right):
        return left
    return np.union1d(left, right)


def _is_close(distinct: Vector | Codes) -> bool:
    """Whether a table with a place for each number between the least and the largest takes little room."""
    if not len(distinct) or np.abs(distinct[[0, -1]]).max() >= LARGEST_WHOLE_NUMBER / 2 or (distinct % 1).any():
        return False
    return bool(distinct[-1] - distinct[0] <= max(FREE_ROOM, ROOM_PER_ROW * len(distinct)))
