"""Words that several notes share."""

from collections.abc import Sequence

MOST_NAMED = 10
"""Names listed in a note before the rest is counted."""


def listed(names: Sequence[str]) -> str:
    """The names in a row, the first ten and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"
