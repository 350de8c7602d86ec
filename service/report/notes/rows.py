"""Notes on the rows and columns that were used."""

from collections.abc import Iterator

from service.contract.document import Note
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, listed


def rows_dropped(found: Findings) -> Iterator[Note]:
    """Rows with missing values were left out."""
    dropped, n = found.design.n_dropped, found.estimates.n
    if dropped:
        yield Note(
            code="rows_dropped",
            severity="info",
            message=f"{dropped} of {n + dropped} rows lack a value in a used column and were left out; unless values "
            f"are missing at random, the estimates describe only the {n} complete rows.",
            where={"n_dropped": dropped, "n_observations": n},
            see="Gelman & Hill 2007, chapter 25",
        )


def aliased_terms(found: Findings) -> Iterator[Note]:
    """Columns that earlier ones determine were dropped."""
    names = [found.design.names[k] for k in found.estimates.aliased]
    if names:
        yield Note(
            code="aliased_terms",
            severity="warning",
            message=f"Dropped, because the columns before determine it, as lm and lmer do: {listed(names)}. Leave it "
            "out of the formula, or the columns it repeats; if it varies little around a large value, centre it.",
            where={"terms": names[:MOST_NAMED]},
            see="Gelman & Hill 2007, section 4.5",
        )
