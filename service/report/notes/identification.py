"""Notes on variances that the rows do not tell from one another."""

import math
from collections.abc import Iterator

from service.contract.document import Where
from service.engine import FactorEstimates
from service.report.findings import Findings
from service.report.notes.wording import MOST_NAMED, Remark, listed


def is_unidentified(found: Findings) -> bool:
    """Whether what varies between groups cannot be told from what varies within, as far as anything asked needs it."""
    # What is not known of any variance is not known of that within either.
    return found.fit.is_flat or (found.curvature is not None and math.isnan(found.curvature.covariance[-1, -1]))


def variances_unidentified(found: Findings) -> Iterator[Remark]:
    """The rows do not tell some variances apart."""
    whole = is_unidentified(found)
    for place, factor in enumerate(found.factors):
        untold = [] if whole else _untold(found, place)
        if whole or untold:
            group, n_groups, n = factor.factor.grouping.name, factor.factor.n_groups, found.estimates.n
            where: Where = {"group": group, "n_groups": n_groups, "n_observations": n}
            yield Remark(
                "variances_unidentified",
                f"{n} rows in {n_groups} groups of {group} do not tell {_apart(factor, untold)}",
                where if whole else {**where, "terms": untold[:MOST_NAMED]},
            )


def _untold(found: Findings, place: int) -> list[str]:
    """The coefficients of the factor at `place` of whose standard deviation, though not zero, the data tell nothing."""
    if found.curvature is None or found.fit.verdict is None:
        return []
    factor = found.factors[place]
    slopes = found.curvature.log_sd_slopes[place].tolist()
    names = zip(factor.factor.names, factor.sd.tolist(), slopes, strict=True)
    return [name for name, sd, slope in names if sd > 0.0 and any(map(math.isnan, slope))]


def _apart(factor: FactorEstimates, untold: list[str]) -> str:
    """What cannot be told from what, and what therefore has no value."""
    if not untold:
        return (
            "the variance between groups from that within, so their split is arbitrary, and degrees of freedom, "
            "p-values, intervals and the equivalent n do not exist."
        )
    what = "the variance between groups" if factor.factor.is_varying_intercept else f"how {listed(untold)} vary"
    return (
        f"{what} from what else varies, so their split is arbitrary, and such a standard deviation has no interval, "
        "nor has a coefficient whose standard error depends on it degrees of freedom."
    )
