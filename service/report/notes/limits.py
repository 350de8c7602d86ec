"""Notes that say why a value does not exist."""

from collections.abc import Iterator

import numpy as np

from service.contract.posterior import Posterior
from service.errors import ServiceError
from service.report.findings import Findings
from service.report.notes.wording import Remark, groups_of, listed

SMALLEST_SQUARED, LARGEST_SQUARED = float(np.sqrt(np.finfo(float).tiny)), float(np.sqrt(np.finfo(float).max))
"""Standard deviations between which a variance is a double of full precision."""


def no_pooling(found: Findings) -> Iterator[Remark]:
    """Theta was held at infinity."""
    if found.fit.held and any(np.isinf(factor.sd).any() for factor in found.factors):
        factor = found.factors[0].factor
        group = factor.grouping.name
        own = "indicator" if factor.is_varying_intercept else f"coefficient of {factor.names[0]}"
        yield Remark(
            "no_pooling",
            f"theta is held at infinity: each group of {group} has its own {own}, as in classical regression, so the "
            "variance between groups, its share's interval, the likelihood and the errors of the mean and of "
            "group-level predictors do not exist.",
            {"group": group},
        )


def theta_held(found: Findings) -> Iterator[Remark]:
    """Theta was held at finite values."""
    values = found.estimates.theta.tolist()
    if found.fit.held and np.isfinite(values).all() and found.estimates.sigma > 0:
        yield Remark(
            "theta_held",
            f"theta is held at {', '.join(f'{value:.6g}' for value in values)}, not estimated; correlations and the "
            f"ICC, which it determines, have no interval.{_held_at_zero(found)}",
            {**groups_of(found), "theta": values[0] if len(values) == 1 else values},
        )


def _held_at_zero(found: Findings) -> str:
    """What has no value where theta is held so that something does not vary."""
    if all(factor.sd.all() for factor in found.factors):
        return ""
    if found.estimates.is_varying_intercept:
        return (
            " At 0, complete pooling, no group has an effect: their standard deviation has no interval and the "
            "equivalent n no value."
        )
    return (
        " What does not vary at this theta has no interval of its standard deviation, no correlations and no "
        "equivalent n."
    )


def no_residual_variance(found: Findings) -> Iterator[Remark]:
    """Nothing varies but by groups."""
    if found.estimates.sigma == 0.0:
        yield Remark("no_residual_variance", _reproduced(found), {**groups_of(found), "sigma": 0.0})


def _reproduced(found: Findings) -> str:
    """What leaves no residual, and what therefore has no value."""
    groups = listed([factor.factor.grouping.name for factor in found.factors])
    if found.estimates.variances_are_zero:
        return (
            "The coefficients reproduce the response exactly: no variance is left, so the likelihood is unbounded, and "
            "tests, intervals, shares of variance, correlations and the equivalent n do not exist."
        )
    if found.estimates.is_varying_intercept:
        return (
            f"The rows of a group of {groups} do not vary around the model at all: sigma is 0, so the likelihood is "
            "unbounded, the variance ratio infinite, and neither intervals of the standard deviations nor tests of "
            "what varies within groups exist."
        )
    return (
        f"The coefficients and the effects of {groups} reproduce the response exactly: sigma is 0, so the likelihood "
        "is unbounded, ratios of variances are infinite, and intervals of the standard deviations and tests of "
        f"{'the coefficients' if np.isnan(found.df).any() else 'what does not vary by groups'} do not exist."
    )


def variance_out_of_range(found: Findings) -> Iterator[Remark]:
    """Standard deviations can be told, their squares cannot."""
    estimates = found.estimates
    spreads = [estimates.sigma, *estimates.std_error.tolist()]
    for factor in found.factors:
        spreads += factor.sd.tolist()
    if any(0.0 < sd < SMALLEST_SQUARED or LARGEST_SQUARED < sd < np.inf for sd in spreads):
        yield Remark(
            "variance_out_of_range",
            "Variances too large for a double are null and those too small lose digits; their square roots, the "
            "standard deviations and errors, are exact.",
            {"sigma": estimates.sigma},
        )


def no_posterior(found: Findings) -> Iterator[Remark]:
    """The posterior was asked for, and there is none."""
    if isinstance(found.posterior, ServiceError):
        yield Remark("no_posterior", found.posterior.detail, {**groups_of(found)})


def no_bootstrap(found: Findings) -> Iterator[Remark]:
    """A bootstrap was asked for, and there is nothing to draw from."""
    if isinstance(found.bootstrap, ServiceError):
        yield Remark("no_bootstrap", found.bootstrap.detail, {**groups_of(found)})


def heavy_tails(found: Findings) -> Iterator[Remark]:
    """The posterior of the standard deviation between groups has no mean, or no standard deviation."""
    if not isinstance(found.posterior, Posterior) or not np.isnan(found.posterior.sigma_alpha.sd or 0.0):
        return
    group, n_groups = found.factors[0].factor.grouping.name, found.factors[0].factor.n_groups
    has_mean = not np.isnan(found.posterior.sigma_alpha.mean or 0.0)
    missing = "standard deviation" if has_mean else "mean or a standard deviation"
    yield Remark(
        "heavy_tails",
        f"{n_groups} groups of {group} leave the posterior of sigma_alpha, and of what the groups alone tell, tails "
        f"too heavy for it to have a {missing}.",
        {"group": group, "n_groups": n_groups},
    )
