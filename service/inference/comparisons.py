"""Models of the same rows and one response, fitted by ML: information criteria and likelihood-ratio tests.

A variance of zero lies on the boundary of what it can be. Where the larger model has one that the smaller has not, the
statistic is distributed half as chi-squared with the degrees of freedom of what else differs, and half with one more
(Self & Liang 1987, J. Am. Stat. Assoc. 82, case 6; Stram & Lee 1994, Biometrics 50, cases 1 and 3); covariances that
come with it count as what else differs. Where it has several, the mixture depends on the data, and chi-squared with all
degrees of freedom bounds the p-value from above.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import chdtrc

from service.arrays import Vector
from service.design import Design
from service.engine import Fit
from service.inference.nesting import Difference, difference
from service.inference.spans import ModelSpan, model_spans

ROUNDING = 1e-10
"""Difference of two deviances, as a share of the larger, that is rounding."""

SAME = "The models are the same, written in different ways."
NO_LIKELIHOOD = "A model that leaves no noise has no likelihood: there is nothing to compare."


@dataclass(frozen=True, slots=True)
class Criteria:
    """A model's -2 log likelihood and what follows from it; nan where it has none.

    `aic_difference` is that to the least AIC of all, and `aic_weight` the share of exp(-difference / 2) in their sum
    (Burnham & Anderson 2002, Model Selection and Multimodel Inference, section 2.9).
    """

    n_parameters: int
    deviance: float
    aic: float
    bic: float
    aic_difference: float
    aic_weight: float


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """The test of a larger model against a smaller one, both known by their place.

    `difference` is what is tested, None where the smaller is not nested in the larger. `mixture` are the degrees of
    freedom of the chi-squared distributions whose mean is the statistic's; none where there is no test, and nan stands
    for the numbers. `reason` says why; `is_bound` that the p-value is an upper bound.
    """

    smaller: int
    larger: int
    difference: Difference | None
    statistic: float
    p_value: float
    mixture: tuple[int, ...]
    is_bound: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Criteria of every model, in the order they came; `order` are their places by number of parameters; and tests."""

    criteria: tuple[Criteria, ...]
    order: tuple[int, ...]
    tests: tuple[LikelihoodRatio, ...]


def compare(designs: Sequence[Design], fits: Sequence[Fit]) -> Comparison:
    """The comparison of models fitted by ML to the same rows of held designs.

    Each is tested against the one before it by number of parameters; where that is not nested in it, there is a reason
    instead, and the test is of the next one before that is.
    """
    criteria = _criteria(fits)
    order = sorted(range(len(fits)), key=lambda place: fits[place].n_parameters)
    spans = model_spans(designs, fits)
    tests: list[LikelihoodRatio] = []
    for position, (before, place) in enumerate(pairwise(order), start=1):
        tests.append(_test(before, place, spans, criteria))
        if tests[-1].difference is None:
            earlier = (_test(other, place, spans, criteria) for other in reversed(order[: position - 1]))
            tests += [test for test in earlier if test.difference is not None][:1]
    return Comparison(criteria, tuple(order), tuple(tests))


def _criteria(fits: Sequence[Fit]) -> tuple[Criteria, ...]:
    """The criteria of fits by ML."""
    deviance, k = np.array([fit.criterion for fit in fits]), np.array([fit.n_parameters for fit in fits])
    aic = deviance + 2.0 * k
    bic = deviance + k * math.log(fits[0].estimates.n)
    apart: Vector = aic - np.fmin.reduce(aic)
    likelihood = np.exp(-0.5 * apart)
    share = likelihood / np.nansum(likelihood)
    columns = (each.tolist() for each in (k, deviance, aic, bic, apart, share))
    return tuple(Criteria(*row) for row in zip(*columns, strict=True))


def _test(smaller: int, larger: int, spans: Sequence[ModelSpan], criteria: Sequence[Criteria]) -> LikelihoodRatio:
    """The test of one model against another, or why there is none."""
    found = difference(spans[smaller], spans[larger])
    if isinstance(found, str):
        return _untested(smaller, larger, None, found)
    if found.degrees_of_freedom == 0:
        return _untested(smaller, larger, found, SAME)
    before, after = criteria[smaller].deviance, criteria[larger].deviance
    if math.isnan(before) or math.isnan(after):
        return _untested(smaller, larger, found, NO_LIKELIHOOD)
    gain = before - after
    statistic = gain if gain > ROUNDING * max(abs(before), abs(after)) else 0.0
    df = found.degrees_of_freedom
    mixture = (df - 1, df) if len(found.variances) == 1 else (df,)
    p_value = sum(_survival(statistic, each) for each in mixture) / len(mixture)
    return LikelihoodRatio(smaller, larger, found, statistic, p_value, mixture, len(found.variances) > 1, None)


def _untested(smaller: int, larger: int, found: Difference | None, reason: str) -> LikelihoodRatio:
    return LikelihoodRatio(smaller, larger, found, np.nan, np.nan, (), False, reason)


def _survival(statistic: float, df: int) -> float:
    """The probability that chi-squared is as large; without degrees of freedom it is 0."""
    return float(chdtrc(df, statistic)) if df > 0 else float(statistic == 0.0)
