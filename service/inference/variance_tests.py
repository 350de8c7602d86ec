"""Tests of variances: the likelihood ratio of a model with and without something that varies, on the fit's criterion.

A variance of zero lies on the boundary, so that the statistic is not chi-squared. Of one coefficient beside r others of
its term it is, with many groups, half chi^2_r and half chi^2_{r + 1} (Self & Liang 1987, J. Am. Stat. Assoc. 82;
Stram & Lee 1994, Biometrics 50), if the other variances are not zero. Where one coefficient varies alone its law is
known whatever the number of groups, and is simulated (Crainiceanu & Ruppert 2004, J. R. Stat. Soc. B 66): with few
groups or little balance zero has far more than half of it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import gammaincc

from service import engine
from service.design import Design, Removal, removals, without
from service.engine import Fit
from service.engine.scalar.model import ScalarModel
from service.errors import InvalidRequest, UnsupportedModel

ROUNDING = 1e-9
"""Difference of two criteria, relative to their size if above one, that says nothing."""

Method = Literal["exact", "mixture", "conservative"]


@dataclass(frozen=True, slots=True)
class VarianceTest:
    """What a random effect loses, and how much worse that makes the criterion.

    `statistic` is the likelihood ratio, `n_parameters` what the smaller model has less. `mixture` are the degrees of
    freedom of the two halves, None where more than one coefficient is left out: `p_value_naive`, of a chi-squared with
    all parameters, is then too large. `p_value` is what `method` names; `error` is its standard error where it is
    simulated, else 0. All are nan where one of the models did not converge or the data cannot tell.
    """

    removal: Removal
    method: Method
    statistic: float
    n_parameters: int
    mixture: tuple[int, int] | None
    p_value: float
    error: float
    p_value_mixture: float
    p_value_naive: float


def variance_tests(design: Design, fit: Fit, n: int, seed: int) -> list[VarianceTest]:
    """The tests of everything that can be left out of a fitted design one at a time (design/reduction.py).

    Where one coefficient varies alone n values of the statistic are drawn. Raises InvalidRequest where theta was held,
    and UnsupportedModel where the criterion has no value.
    """
    if fit.held:
        raise InvalidRequest("Theta was held at a value: there is no estimate of a variance to be tested.")
    if fit.model is None:
        raise UnsupportedModel("The response has no noise: the criterion has no value, and its differences have none.")
    return [_test(design, fit, removal, n, seed) for removal in removals(design)]


def _test(design: Design, fit: Fit, removal: Removal, n: int, seed: int) -> VarianceTest:
    """The test of one removal."""
    n_removed = len(removal.removed)
    n_left = len(design.random[removal.place].names) - n_removed
    n_parameters = n_removed * (n_removed + 1) // 2 + n_removed * n_left
    statistic = _statistic(design, fit, removal)
    mixture = (n_left, n_left + 1) if n_removed == 1 else None
    halves = np.nan if mixture is None else 0.5 * sum(_tail(statistic, df) for df in mixture)
    naive, error = _tail(statistic, n_parameters), 0.0
    method: Method = "conservative" if mixture is None else "mixture"
    p_value = naive if mixture is None else halves
    if isinstance(fit.model, ScalarModel):
        method = "exact"
        p_value, error = _exact(fit.model, statistic, n, seed)
    return VarianceTest(removal, method, statistic, n_parameters, mixture, p_value, error, halves, naive)


def _statistic(design: Design, fit: Fit, removal: Removal) -> float:
    """The likelihood ratio of the model and the smaller one; nan where one did not converge or the data cannot tell."""
    reduced = without(design, removal)
    if reduced.random:
        smaller = engine.fit(reduced, restricted=fit.restricted)
    else:
        smaller = engine.fit(design, restricted=fit.restricted, theta=[0.0] * fit.estimates.theta.size)
    converged = all(each.verdict is None or each.verdict.converged for each in (fit, smaller))
    if not converged or fit.is_flat:
        return np.nan
    difference = smaller.criterion - fit.criterion
    return difference if difference > ROUNDING * max(1.0, abs(fit.criterion)) else 0.0


def _tail(statistic: float, df: int) -> float:
    """The probability that a chi-squared with these degrees of freedom, which may be none, is as large or larger."""
    if df == 0:
        return np.nan if np.isnan(statistic) else float(statistic == 0.0)
    return float(gammaincc(0.5 * df, 0.5 * statistic))


def _exact(model: ScalarModel, statistic: float, n: int, seed: int) -> tuple[float, float]:
    """The p-value from n draws of the statistic's law, and its standard error; it is never 0.

    The statistic is one of the n + 1 values that are equally likely to be where they are (Davison & Hinkley 1997,
    Bootstrap Methods and their Application, section 4.2).
    """
    if np.isnan(statistic):
        return np.nan, np.nan
    drawn = engine.null_drops(model, n, np.random.default_rng(seed))
    p_value = (1 + np.count_nonzero(drawn >= statistic)) / (n + 1)
    return p_value, float(np.sqrt(p_value * (1.0 - p_value) / n))
