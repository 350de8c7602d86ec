"""An index of distinct numbers: from numbers among them to their places."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from service.arrays import Codes, Vector
from service.design.levels import LARGEST_WHOLE_NUMBER, ROOM_PER_ROW

Kind = TypeVar("Kind", np.float64, np.intp)

FREE_ROOM = 2**16
"""Slots that are not worth a thought."""

MOST_ROUNDS = 64
"""Slots tried for a number; so many are only needed if the numbers were chosen to meet in one."""

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio (Knuth 1973, The Art of Computer Programming 3, section 6.4)."""


class Index:
    """Where numbers stand among `distinct` ones (k,), which are in increasing order; NaN stands at -1.

    A table has a slot for every number: whole numbers that lie close together in their order, others scattered, with
    the next slot for one whose own is taken. That is several times as fast as a search.
    """

    __slots__ = ("_low", "_places", "_shift", "distinct")

    def __init__(self, distinct: Vector | Codes) -> None:
        self.distinct = distinct
        self._low = distinct[0] if _are_close(distinct) else None
        n_slots = 2 * len(distinct) if self._low is None else int(distinct[-1] - distinct[0])
        bits = max(n_slots.bit_length(), 1)
        self._shift = np.uint64(64 - bits)
        self._places: Codes | None = np.full(2**bits, -1, dtype=np.intp)
        self._fill(self._places)

    def find(self, numbers: Vector | Codes) -> Codes:
        """The places of these numbers (n,), each of which is NaN or among the distinct ones."""
        missing = np.isnan(numbers)
        if missing.any():
            places = np.full(len(numbers), -1, dtype=np.intp)
            places[~missing] = self._find(numbers[~missing])
            return places
        return self._find(numbers)

    def _fill(self, places: Codes) -> None:
        """Give every distinct number a slot; without a table if some find none."""
        left, slots = np.arange(len(self.distinct)), self._slots(self.distinct)
        for _ in range(MOST_ROUNDS):
            free = places[slots] < 0
            places[slots[free]] = left[free]
            elsewhere = places[slots] != left
            left, slots = left[elsewhere], (slots[elsewhere] + 1) % len(places)
            if not len(left):
                return
        self._places = None

    def _find(self, numbers: Vector | Codes) -> Codes:
        if self._places is None:
            return np.searchsorted(self.distinct, numbers)
        slots = self._slots(numbers)
        found = self._places[slots]
        left = np.flatnonzero(self.distinct[found] != numbers)
        slots = slots[left]
        while len(left):
            slots = (slots + 1) % len(self._places)
            found[left] = self._places[slots]
            elsewhere = self.distinct[found[left]] != numbers[left]
            left, slots = left[elsewhere], slots[elsewhere]
        return found

    def _slots(self, numbers: Vector | Codes) -> Codes:
        """The slot that each number would have first."""
        if self._low is not None:
            steps: Codes = (numbers - self._low).astype(np.intp)
            return steps
        # Adding zero makes one of two zeros.
        bits = (numbers + 0).view(np.uint64)
        bits ^= bits >> np.uint64(32)
        scattered: Codes = (bits * MULTIPLIER >> self._shift).astype(np.intp)
        return scattered


def union(left: NDArray[Kind], right: NDArray[Kind]) -> NDArray[Kind]:
    """The distinct numbers of two that are in increasing order, in increasing order."""
    if len(left) == len(right) and np.array_equal(left, right):
        return left
    return np.union1d(left, right)


def _are_close(distinct: Vector | Codes) -> bool:
    """Whether a table with a slot for each whole number from the least to the largest takes little room."""
    if not len(distinct) or np.abs(distinct[[0, -1]]).max() >= LARGEST_WHOLE_NUMBER / 2 or (distinct % 1).any():
        return False
    return bool(distinct[-1] - distinct[0] <= max(FREE_ROOM, ROOM_PER_ROW * len(distinct)))
