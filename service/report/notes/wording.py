"""What a writer of notes has to say, and words that several of them share."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.contract.document import Severity, Where
from service.report.findings import Findings

MOST_NAMED = 10
"""Names listed in a note before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found that a note of this code tells: the facts in words, their numbers, and how serious they are.

    They are as serious as their kind may be if it is not said.
    """

    code: str
    facts: str
    where: Where
    severity: Severity | None = None


def listed(names: Sequence[str]) -> str:
    """The names in a row, the first ten and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def groups_of(found: Findings) -> dict[str, str | list[str]]:
    """Where a note on all that varies belongs: the one factor there is, or all of them."""
    names = [factor.factor.grouping.name for factor in found.factors]
    return {"group": names[0]} if len(names) == 1 else {"factors": names}
