"""Tables of mistakes: a formula, and under it a caret below the place and the message."""


def cases(table: str) -> list[tuple[str, int, str]]:
    """Formula, position and message of each pair of lines."""
    lines = table.strip().splitlines()
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [(text, below.index("^"), below.split("^", 1)[1].strip()) for text, below in pairs]
