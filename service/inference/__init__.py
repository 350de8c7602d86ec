"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, fitted values."""

from service.inference.bootstrap import Bootstrap, bootstrap, bootstrap_intervals
from service.inference.coefficients import CoefficientTable, coefficient_table, degrees_of_freedom
from service.inference.context import Contrast, contexts
from service.inference.fitted_values import fitted_values
from service.inference.intervals import SpreadIntervals, spread_intervals
from service.inference.levels import is_constant_within
from service.inference.pooling import Pooling, pooling
from service.inference.shares import Shares, customary_shares, shares
from service.inference.simulations import Simulations, simulate
from service.inference.variance_tests import VarianceTest, variance_tests

__all__ = [
    "Bootstrap",
    "CoefficientTable",
    "Contrast",
    "Pooling",
    "Shares",
    "Simulations",
    "SpreadIntervals",
    "VarianceTest",
    "bootstrap",
    "bootstrap_intervals",
    "coefficient_table",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "fitted_values",
    "is_constant_within",
    "pooling",
    "shares",
    "simulate",
    "spread_intervals",
    "variance_tests",
]
