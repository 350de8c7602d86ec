"""Notes on the rows and columns that were used."""

from collections.abc import Iterator

from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed


def rows_dropped(found: Findings) -> Iterator[Remark]:
    """Rows with missing values were left out."""
    if dropped := found.design.n_dropped:
        n = found.estimates.n
        yield Remark(
            "rows_dropped",
            f"{dropped} of {n + dropped} rows lack a value in a used column and were left out, which leaves {n}.",
            {"n_dropped": dropped, "n_observations": n},
        )


def aliased_terms(found: Findings) -> Iterator[Remark]:
    """Columns that earlier ones determine were dropped."""
    names = [found.design.names[k] for k in found.estimates.aliased]
    if names:
        yield Remark(
            "aliased_terms",
            f"Dropped, because the columns before determine it, as lm and lmer do: {listed(names)}.",
            {"terms": names[:MOST_NAMED]},
        )
