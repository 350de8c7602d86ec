"""Words that several notes share, and a note made of what was found and what its kind says."""

from collections.abc import Sequence

from service.contract.document import Note, Severity, Where
from service.contract.notes import NOTES
from service.report.findings import Findings

KINDS = {kind.code: kind for kind in NOTES.notes}

MOST_NAMED = 10
"""Names listed in a note before the rest is counted."""


def note(code: str, facts: str, where: Where, severity: Severity | None = None) -> Note:
    """The note of a code: the facts, with the advice of its kind; as serious as its kind may be, if not told."""
    kind = KINDS[code]
    return Note(
        code=code,
        severity=severity or kind.severities[0],
        message=f"{facts} {kind.advice}",
        where=where,
        see=kind.see,
    )


def listed(names: Sequence[str]) -> str:
    """The names in a row, the first ten and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def groups_of(found: Findings) -> dict[str, str | list[str]]:
    """Where a note on all that varies belongs: the one factor there is, or all of them."""
    names = [factor.factor.grouping.name for factor in found.factors]
    return {"group": names[0]} if len(names) == 1 else {"factors": names}
