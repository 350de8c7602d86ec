"""Wald intervals of correlations and of the intraclass correlation, against differences in 60 digits."""

import math

import numpy as np
import pytest
from scipy import stats

from service.design import Design
from service.engine import Fit, fit
from service.inference import CoefficientTable, ParameterIntervals, coefficient_table, customary_shares, wald_intervals
from tests.decimals import exact
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES
from tests.inference.differences import Witness


def intervals(design: Design, fitted: Fit, level: float = 0.95) -> ParameterIntervals:
    names = [design.names[k] for k in fitted.estimates.kept]
    return wald_intervals(fitted, normal_tests(fitted, level), level, fitted.curvature(), names)


def normal_tests(fitted: Fit, level: float = 0.95) -> CoefficientTable:
    return coefficient_table(fitted, np.full(fitted.estimates.beta.size, np.inf), level)


CASES = {
    "a slope": 1e-8,
    "three coefficients": 1e-8,
    "crossed, a slope by one": 1e-5,
}
"""Designs whose terms come by decreasing number of groups, and the error of differences of several factors' slopes."""


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("name", CASES)
def test_correlations_are_on_fishers_scale(name: str, level: float) -> None:
    design = STRUCTURES[name]
    fitted = fit(design)
    z = float(stats.norm.ppf((1 + level) / 2))
    errors = iter(Witness(design, fitted).fisher_errors())
    for factor, ends in zip(fitted.estimates.factors, intervals(design, fitted, level).correlations, strict=True):
        for (i, j), (low, high) in zip(factor.factor.pairs, ends.tolist(), strict=True):
            r, error = math.atanh(factor.correlation[i, j]), float(next(errors))
            assert [math.atanh(low), math.atanh(high)] == pytest.approx([r - z * error, r + z * error], abs=CASES[name])


@pytest.mark.parametrize("name", ["both, and their product", *CASES])
def test_the_intraclass_correlation_is_on_the_logit_scale(name: str) -> None:
    design = EASY[name] if name in EASY else STRUCTURES[name]
    fitted = fit(design)
    squares = [(Z := effect.Z.to_array()).T @ Z / design.n for effect in design.random]
    error = Witness(design, fitted).log_ratio_error([[exact(row) for row in square] for square in squares])
    share = customary_shares(fitted.estimates, design.names).icc
    centre, z = math.log(share / (1 - share)), float(stats.norm.ppf(0.975))
    low, high = intervals(design, fitted).icc.tolist()
    ends = [math.log(end / (1 - end)) for end in (low, high)]
    assert ends == pytest.approx([centre - z * error, centre + z * error], abs=CASES.get(name, 1e-8))


def test_there_are_none_on_the_boundary_and_where_theta_is_held() -> None:
    for design, theta in (
        (EASY["theta 0"], None),
        (EASY["a predictor"], [0.7]),
        (EASY["a predictor"], [np.inf]),
        (STRUCTURES["a slope"], [0.5, 0.1, 0.2]),
    ):
        found = intervals(design, fit(design, theta=theta))
        assert np.isnan(found.icc).all()
        assert all(np.isnan(each).all() for each in found.correlations)
        assert np.isfinite(found.spreads[-1]).all()


def test_what_does_not_count_adds_nothing() -> None:
    design = STRUCTURES["slopes without intercept"]
    assert np.isfinite(intervals(design, fit(design)).icc).all()
    found = wald_intervals(fitted := fit(design), normal_tests(fitted), 0.95, fitted.curvature(), ["(Intercept)"])
    assert np.isnan(found.icc).all()
