"""Notes on the rows and columns that were used."""

from collections.abc import Iterator

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling
from service.report.notes.wording import MOST_NAMED, listed


def rows_dropped(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Rows with missing values were left out."""
    if design.n_dropped:
        n = fit.estimates.n
        yield Note(
            code="rows_dropped",
            severity="info",
            message=f"{design.n_dropped} of {n + design.n_dropped} rows lack a value in a used column and were left "
            f"out; unless values are missing at random, the estimates describe only the {n} complete rows.",
            where={"n_dropped": design.n_dropped, "n_observations": n},
            see="Gelman & Hill 2007, chapter 25",
        )


def aliased_terms(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Columns that earlier ones determine were dropped."""
    if fit.estimates.aliased.size:
        names = [design.names[k] for k in fit.estimates.aliased]
        yield Note(
            code="aliased_terms",
            severity="warning",
            message=f"Dropped, because the columns before determine it, as lm and lmer do: {listed(names)}. Leave it "
            "out of the formula, or the columns it repeats; if it varies little around a large value, centre it.",
            where={"terms": names[:MOST_NAMED]},
            see="Gelman & Hill 2007, section 4.5",
        )
