"""Notes on coefficients other than the intercept that vary by groups."""

from collections.abc import Iterator

import numpy as np

from service.design import INTERCEPT
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed


def shares_leave_out(found: Findings) -> Iterator[Remark]:
    """The customary shares of variance do not count all that varies."""
    customary, complete = found.shares, found.all_shares
    if not np.isfinite(complete.icc) or customary == complete:
        return
    left_out = [
        f"{name} by {factor.factor.grouping.name}"
        for factor in found.factors
        for k, name in enumerate(factor.factor.names)
        if factor.sd[k] > 0 and (k >= factor.factor.terms[0].stop or name not in {INTERCEPT, *found.names})
    ]
    yield Remark(
        "shares_leave_out",
        "The ICC and R² leave out, as R's performance does, what varies without a fixed effect of its own or "
        f"in a second term of a factor: {listed(left_out)}. With all that varies the ICC is {complete.icc:.4g}, the "
        f"marginal R² {complete.r2_marginal:.4g} and the conditional one {complete.r2_conditional:.4g}.",
        {
            "terms": left_out[:MOST_NAMED],
            "icc": complete.icc,
            "r2_marginal": complete.r2_marginal,
            "r2_conditional": complete.r2_conditional,
        },
    )
