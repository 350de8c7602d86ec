"""Tests of variances in the contract's words."""

from collections.abc import Sequence
from typing import Literal

from service.contract import variance_tests as wire
from service.contract.chi_squared import ChiSquared
from service.design import Design
from service.inference import VarianceTest


def variance_tests_part(
    design: Design, method: Literal["REML", "ML"], tests: Sequence[VarianceTest], n: int, seed: int
) -> wire.VarianceTests:
    """The tests of a fitted design, simulated with n draws where their law is."""
    return wire.VarianceTests(method=method, tests=[_test(design, each, n, seed) for each in tests])


def _test(design: Design, test: VarianceTest, n: int, seed: int) -> wire.VarianceTest:
    effect = design.random[test.removal.place]
    mixture = None if test.mixture is None else [ChiSquared(weight=0.5, df=df) for df in test.mixture]
    return wire.VarianceTest(
        group=effect.grouping.name,
        terms=list(effect.names),
        removed=[effect.names[k] for k in test.removal.removed],
        statistic=test.statistic,
        n_parameters=test.n_parameters,
        method=test.method,
        p_value=test.p_value,
        p_value_mixture=test.p_value_mixture,
        p_value_naive=test.p_value_naive,
        mixture=mixture,
        simulated=wire.SimulatedLaw(n=n, seed=seed, std_error=test.error) if test.method == "exact" else None,
    )
