"""Combinations of several factors' levels in rows that are seen in batches: those that occur, and each row's place."""

from collections.abc import Sequence

import numpy as np

from service.arrays import Codes
from service.design.index import Index, union
from service.design.levels import renumber


class Combinations:
    """The combinations that occur of factors with these numbers of levels, in order, the first factor varying slowest.

    Each pass over the rows joins one factor more: combinations are numbered among those that occur, so that however
    many factors there are, no number grows beyond what an integer holds.
    """

    __slots__ = ("_joined", "_seen", "_sizes")

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._joined: list[Index] = []
        self._seen: Codes = np.empty(0, dtype=np.intp)

    @property
    def is_complete(self) -> bool:
        """Whether all factors are joined."""
        return len(self._joined) + 1 == len(self._sizes)

    def see(self, codes: Sequence[Codes]) -> None:
        """Take in the codes (n,) of each factor in more rows of this pass; none is missing."""
        place = len(self._joined) + 1
        n_before = len(self._joined[-1].distinct) if self._joined else self._sizes[0]
        keys = self.find(codes) * self._sizes[place] + codes[place]
        self._seen = union(self._seen, renumber(keys, n_before * self._sizes[place])[0])

    def end_pass(self) -> None:
        """Join the factor that this pass was for."""
        self._joined.append(Index(self._seen))
        self._seen = np.empty(0, dtype=np.intp)

    def find(self, codes: Sequence[Codes]) -> Codes:
        """The place of each row's combination of the factors joined so far among those that occur."""
        places = codes[0]
        for size, own, index in zip(self._sizes[1:], codes[1:], self._joined, strict=False):
            places = index.find(places * size + own)
        return places

    def specimen(self) -> list[Codes]:
        """Each combination that occurs once, in order: the codes of each factor."""
        places = np.arange(len(self._joined[-1].distinct)) if self._joined else np.arange(self._sizes[0])
        codes: list[Codes] = []
        for size, index in zip(reversed(self._sizes[1:]), reversed(self._joined), strict=True):
            places, own = np.divmod(index.distinct[places], size)
            codes.append(own.astype(np.intp))
        return [places.astype(np.intp), *reversed(codes)]
