"""Notes that say why a value does not exist."""

from collections.abc import Iterator

import numpy as np

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling, variance_covariance

SMALLEST_SQUARED, LARGEST_SQUARED = float(np.sqrt(np.finfo(float).tiny)), float(np.sqrt(np.finfo(float).max))
"""Standard deviations between which a variance is a double of full precision."""


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
    theta = fit.estimates.theta
    if fit.held and np.isfinite(theta) and fit.estimates.sigma > 0:
        zero = (
            " At 0, complete pooling, no group has an effect: their standard deviation has no interval and the "
            "equivalent n no value."
        )
        yield Note(
            code="theta_held",
            severity="info",
            message=f"theta is held at {theta:.6g}, not estimated; standard errors take it as known."
            + (zero if theta == 0 else ""),
            where={"group": design.random[0].grouping.name, "theta": theta},
            see="Gelman & Hill 2007, section 12.3",
        )


def no_residual_variance(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """Nothing varies within groups."""
    if fit.estimates.sigma == 0.0:
        group = design.random[0].grouping.name
        same = (
            f"The rows of a group of {group} do not vary around the model at all: sigma is 0, so the likelihood is "
            "unbounded, the variance ratio infinite, and neither intervals of the standard deviations nor tests of "
            "what varies within groups exist. Check that the response is not a copy of a group-level quantity."
        )
        exact = (
            "The coefficients reproduce the response exactly: no variance is left, so the likelihood is unbounded, and "
            "tests, intervals, shares of variance and the equivalent n do not exist. Check that the response is not "
            "computed from the predictors."
        )
        yield Note(
            code="no_residual_variance",
            severity="warning",
            message=same if fit.estimates.group_sd > 0 else exact,
            where={"group": group, "sigma": 0.0},
            see="Gelman & Hill 2007, section 12.4",
        )


def variances_unidentified(design: Design, fit: Fit, _: Pooling) -> Iterator[Note]:
    """The rows do not tell the two variances apart."""
    if fit.optimum is not None and np.isnan(variance_covariance(fit)).any():
        grouping, n = design.random[0].grouping, fit.estimates.n
        yield Note(
            code="variances_unidentified",
            severity="warning",
            message=f"{n} rows in {len(grouping.levels)} groups of {grouping.name} do not tell the variance between "
            "groups from that within, so their split is arbitrary, and degrees of freedom, p-values, intervals and the "
            "equivalent n do not exist. Fit fewer coefficients, or more rows to a group.",
            where={"group": grouping.name, "n_groups": len(grouping.levels), "n_observations": n},
            see="Gelman & Hill 2007, section 12.9",
        )


def variance_out_of_range(_: Design, fit: Fit, __: Pooling) -> Iterator[Note]:
    """Standard deviations can be told, their squares cannot."""
    estimates = fit.estimates
    known = np.append(estimates.std_error, [estimates.sigma, estimates.group_sd])
    known = known[np.isfinite(known) & (known > 0)]
    if (known > LARGEST_SQUARED).any() or (known < SMALLEST_SQUARED).any():
        yield Note(
            code="variance_out_of_range",
            severity="info",
            message="Variances too large for a double are null and those too small lose digits; their square roots, "
            "the standard deviations and errors, are exact. Multiply the response by a power of ten to see both.",
            where={"sigma": estimates.sigma},
            see="IEEE 754-2019, section 3.4",
        )
