"""Markdown tables, and their place in README.md beside this file: between two comments with a table's name."""

from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).parent / "README.md"


def row(cells: Sequence[str]) -> str:
    """One row, with the bars of formulas escaped."""
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def head(cells: Sequence[str]) -> str:
    """The row of titles and the line under it."""
    return f"{row(cells)}\n|{'---|' * len(cells)}"


def rewrite(name: str, text: str) -> None:
    """Put a text between `<!-- name -->` and `<!-- /name -->` in README.md."""
    before, _, rest = README.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, _, after = rest.partition(f"<!-- /{name} -->")
    README.write_text(f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->{after}", encoding="utf-8")


def duration(seconds: float) -> str:
    """Two digits, in ms or s."""
    return f"{two_digits(1e3 * seconds)} ms" if seconds < 0.9995 else f"{two_digits(seconds)} s"


def times(ratio: float) -> str:
    """Two digits of a ratio."""
    return f"{two_digits(ratio)}×"


def two_digits(value: float) -> str:
    """Two significant digits, more where they stand before the point."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2g}"
