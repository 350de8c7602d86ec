"""Notes on the search for the optimum."""

from collections.abc import Iterator

import numpy as np

from service.report.findings import Findings
from service.report.notes.identification import is_unidentified
from service.report.notes.wording import Remark


def not_converged(found: Findings) -> Iterator[Remark]:
    """The best value found is not a stationary point."""
    verdict = found.fit.verdict
    if verdict is not None and not verdict.converged:
        norm, known = verdict.gradient_norm, bool(np.isfinite(verdict.gradient_norm))
        steep = f"still changes at the best value found (gradient {norm:.2g} standard errors)"
        flat = "has no curvature at the best value found, so that the gradient tells no distance to the optimum"
        yield Remark(
            "not_converged",
            f"The criterion {steep if known else flat}.",
            {"gradient_norm": norm if known else None},
        )


def several_optima(found: Findings) -> Iterator[Remark]:
    """The criterion has more than one minimum, which are not the ripples of a flat one."""
    verdict = found.fit.verdict
    if verdict is not None and verdict.minima > 1 and not is_unidentified(found):
        over = "over the whole range" if found.estimates.theta.size == 1 else "of those found"
        yield Remark(
            "several_optima",
            f"The criterion has {verdict.minima} local minima; the lowest {over} was taken.",
            {"minima": verdict.minima},
        )
