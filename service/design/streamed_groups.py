"""Grouping factors over batches: the groups of all rows, and the group of each row of a batch among them."""

from collections.abc import Iterable, Sequence

from service.data.table import Categorical, Column
from service.design.combinations import Combinations
from service.design.design import Grouping
from service.design.grouping import make_grouping
from service.design.levels import labelled, without_unused
from service.design.recoding import recoding


class StreamedGrouping:
    """The groups that are combinations of some variables' labels and occur; `specimens` have each label that occurs."""

    __slots__ = ("_combinations", "_groups", "_name", "_recodings")

    def __init__(self, name: str, specimens: Iterable[Column]) -> None:
        self._name = name
        self._recodings = [recoding(each, without_unused(labelled(each)).levels) for each in specimens]
        self._combinations = Combinations([len(each.levels) for each in self._recodings])
        self._groups: Grouping | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the groups are known; if not, another pass over the rows is needed."""
        return self._combinations.is_complete

    def see(self, values: Sequence[Column]) -> None:
        """Take in the variables' values in more rows of a pass."""
        self._combinations.see([each.codes(own) for each, own in zip(self._recodings, values, strict=True)])

    def end_pass(self) -> None:
        """Conclude from the rows of a pass."""
        self._combinations.end_pass()

    def grouping(self, values: Sequence[Column]) -> Grouping:
        """The groups, complete, and which of them rows with these values are in."""
        if self._groups is None:
            levels = [each.levels for each in self._recodings]
            specimens = map(Categorical, self._combinations.specimen(), levels)
            self._groups = make_grouping(self._name, list(specimens))
        places = self._combinations.find([each.codes(own) for each, own in zip(self._recodings, values, strict=True)])
        return Grouping(self._name, self._groups.codes[places], self._groups.levels)
