"""Notes on the adjustment of the coefficients' errors."""

from collections.abc import Iterator

import numpy as np

from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed


def no_adjustment(found: Findings) -> Iterator[Remark]:
    """Kenward & Roger's adjustment was asked for, and does not exist for some coefficients."""
    if found.adjusted is None:
        return
    names = [found.names[k] for k in np.flatnonzero(np.isnan(found.adjusted.std_error))]
    if names:
        reason = (
            "there is no residual variance whose estimate could be allowed for"
            if found.estimates.sigma == 0.0
            else "it depends on variances that the rows do not tell apart"
        )
        yield Remark(
            "no_adjustment",
            f"Kenward and Roger's adjusted errors, degrees of freedom and tests of {listed(names)} do not exist: "
            f"{reason}.",
            {"terms": names[:MOST_NAMED]},
        )
