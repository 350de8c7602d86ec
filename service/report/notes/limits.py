"""Notes that say why a value does not exist."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling


def no_pooling(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Theta was held at infinity."""
    if fit.held and np.isinf(fit.estimates.group_sd):
        group = design.random[0].grouping.name
        yield Note(
            code="no_pooling",
            severity="info",
            message=f"theta is held at infinity: each group of {group} has its own indicator, as in classical "
            "regression, so the variance between groups, the likelihood and the errors of the mean and of group-level "
            "predictors do not exist.",
            where={"group": group},
            see="Gelman & Hill 2007, section 12.3",
        )


def theta_held(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Theta was held at a finite value."""
    if fit.held and np.isfinite(fit.estimates.theta):
        zero = " At 0, complete pooling, no group has an effect and none counts as its equivalent."
        yield Note(
            code="theta_held",
            severity="info",
            message=f"theta is held at {fit.estimates.theta:.6g}, not estimated; standard errors take it as known."
            + (zero if fit.estimates.theta == 0 else ""),
            where={"group": design.random[0].grouping.name, "theta": fit.estimates.theta},
            see="Gelman & Hill 2007, section 12.3",
        )


def no_residual_variance(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Nothing varies within groups."""
    if fit.estimates.sigma == 0.0:
        yield Note(
            code="no_residual_variance",
            severity="warning",
            message="The rows of a group do not vary around the model at all: sigma is 0, the likelihood is unbounded "
            "and tests do not exist. Check that the response is not a copy of a group-level quantity.",
            where={"group": design.random[0].grouping.name, "sigma": 0.0},
            see="Gelman & Hill 2007, section 12.4",
        )


def variance_out_of_range(_: Design, fit: Fit, __: Pooling) -> Iterator[Note]:
    """Standard deviations can be told, their squares cannot."""
    estimates = fit.estimates
    known = np.append(estimates.std_error, [estimates.sigma, estimates.group_sd])
    with np.errstate(over="ignore"):
        overflows = bool(np.isinf(np.square(known[np.isfinite(known)])).any())
    if overflows:
        yield Note(
            code="variance_out_of_range",
            severity="info",
            message="Variances too large for a double are null; their square roots, the standard deviations and "
            "errors, are exact. Divide the response by a power of ten to see both.",
            where={"sigma": estimates.sigma},
            see="IEEE 754-2019, section 3.4",
        )
