"""What of a caller's words may stand in a message: little, and on one line; and how a place in a request is written."""

LONGEST_EXCERPT = 40


def excerpt(text: str) -> str:
    """The text itself if it is short and printable; otherwise its beginning, with escapes, and an ellipsis."""
    shown = text[: LONGEST_EXCERPT + 1]
    if not shown.isprintable():
        shown = shown.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= LONGEST_EXCERPT else shown[: LONGEST_EXCERPT - 1] + "…"


def quote(text: str) -> str:
    """An excerpt of the text between grave accents."""
    return f"`{excerpt(text)}`"


def pointer_to(parent: str, *steps: str | int) -> str:
    """The JSON pointer (RFC 6901) to what lies under the pointer `parent`, long names shortened."""
    names = (
        excerpt(step).replace("~", "~0").replace("/", "~1") if isinstance(step, str) else str(step) for step in steps
    )
    return "/".join([parent, *names])
