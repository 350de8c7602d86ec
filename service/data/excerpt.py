"""What of a user's words may stand in a message: little, and on one line."""

LONGEST_EXCERPT = 40


def excerpt(text: str) -> str:
    """The text itself if it is short and printable; otherwise its beginning, with escapes, and an ellipsis."""
    shown = text[: LONGEST_EXCERPT + 1]
    if not shown.isprintable():
        shown = shown.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= LONGEST_EXCERPT else shown[: LONGEST_EXCERPT - 1] + "…"
