"""Notes on the search for the optimum."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling, variance_covariance


def not_converged(_: Design, fit: Fit, __: Pooling) -> Iterator[Note]:
    """The best value found is not a stationary point."""
    if fit.optimum is not None and not fit.optimum.converged:
        norm, known = fit.optimum.gradient_norm, bool(np.isfinite(fit.optimum.gradient_norm))
        steep = f"still changes at the best value found (gradient {norm:.2g} standard errors)"
        flat = "has no curvature at the best value found, so that the gradient tells no distance to the optimum"
        yield Note(
            code="not_converged",
            severity="warning",
            message=f"The criterion {steep if known else flat}; do not rely on the variance components.",
            where={"gradient_norm": norm if known else None},
            see="Bates, Mächler, Bolker & Walker 2015, section 3",
        )


def several_optima(_: Design, fit: Fit, __: Pooling) -> Iterator[Note]:
    """The criterion has more than one minimum, which are not the ripples of a flat one."""
    if fit.optimum is not None and fit.optimum.minima > 1 and np.isfinite(variance_covariance(fit)).all():
        yield Note(
            code="several_optima",
            severity="info",
            message=f"The criterion has {fit.optimum.minima} local minima; the lowest over the whole range was taken.",
            where={"minima": fit.optimum.minima},
            see="Bates, Mächler, Bolker & Walker 2015, section 3",
        )
