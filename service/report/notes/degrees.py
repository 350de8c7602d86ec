"""Notes on the degrees of freedom of the coefficients."""

import math
from collections.abc import Iterator

from scipy.special import stdtrit

from service.inference import satterthwaite
from service.report.findings import Findings
from service.report.notes.wording import Remark

TOO_SHORT = 0.05
"""Share by which intervals with the degrees of freedom that were asked for may be too short before it is said."""

TENFOLD = 9.0
"""The share that makes an interval ten times as long, from which a factor is easier to read than percents."""

UNCERTAIN = 0.15
"""Share by which Satterthwaite's lengthen an interval from which the error of the errors matters: some nine degrees."""

TAIL = 0.025
"""Of the interval whose length is compared."""


def few_degrees_of_freedom(found: Findings) -> Iterator[Remark]:
    """A coefficient has so few degrees of freedom that the way they are found matters."""
    exact = _exact(found)
    if exact is None:
        return
    df, residual = min(exact), found.estimates.n - len(found.names)
    term = found.names[exact.index(df)]
    reference = math.inf if found.degrees == "none" else float(residual)
    longer = _quantile(df) / _quantile(reference) - 1.0
    by_satterthwaite = found.degrees == "satterthwaite"
    if longer < TOO_SHORT or (by_satterthwaite and (longer < UNCERTAIN or _is_balanced(found))):
        return
    of_what = "of the normal that was asked for" if math.isinf(reference) else f"{residual} of the residual"
    share = f"{longer:.0%}" if longer < TENFOLD else f"a factor of {1.0 + longer:.3g}"
    lengthens = "is longer for it" if by_satterthwaite else "should be longer"
    yield Remark(
        "few_degrees_of_freedom",
        f"By Satterthwaite {term} has {df:.3g} degrees of freedom, not those {of_what}: its interval {lengthens}, by "
        f"{share}.",
        {"term": term, "df": df, "df_residual": residual, "lengthening": longer},
        "info" if by_satterthwaite else "warning",
    )


def _exact(found: Findings) -> list[float] | None:
    """Satterthwaite's degrees of freedom (p), inf where there are none; None where another way would do no better."""
    fit = found.fit
    estimable = fit.verdict is not None and not fit.is_flat and not found.estimates.variances_are_zero
    if not found.names or found.curvature is None or found.degrees == "kenward-roger" or not estimable:
        return None
    df = found.df if found.degrees == "satterthwaite" else satterthwaite(fit, found.curvature)
    return [math.inf if math.isnan(each) else each for each in df.tolist()]


def _is_balanced(found: Findings) -> bool:
    """Whether all groups of each factor have one size: then the errors of coefficients need no adjustment."""
    return all(bool((factor.counts == factor.counts[0]).all()) for factor in found.factors)


def _quantile(df: float) -> float:
    return -float(stdtrit(min(df, 1e10), TAIL))
