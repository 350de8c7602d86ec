"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, fitted values."""

from service.inference.coefficients import CoefficientTable, coefficient_table, degrees_of_freedom
from service.inference.context import Contrast, contexts
from service.inference.fitted_values import fitted_values
from service.inference.intervals import SpreadIntervals, spread_intervals
from service.inference.levels import is_constant_within
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.pooling import Pooling, pooling
from service.inference.profile_intervals import profile_intervals
from service.inference.shares import Shares, customary_shares, shares
from service.inference.wald_intervals import wald_intervals

__all__ = [
    "CoefficientTable",
    "Contrast",
    "ParameterIntervals",
    "Pooling",
    "Shares",
    "SpreadIntervals",
    "coefficient_table",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "fitted_values",
    "is_constant_within",
    "pooling",
    "profile_intervals",
    "shares",
    "spread_intervals",
    "wald_intervals",
]
