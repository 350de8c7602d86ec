"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, fitted values."""

from service.inference.coefficients import CoefficientTable, coefficient_table, degrees_of_freedom
from service.inference.context import Contrast, contexts
from service.inference.fitted_values import fitted_values, population_values
from service.inference.influence import Influence, influences
from service.inference.intervals import SpreadIntervals, spread_intervals
from service.inference.levels import is_constant_within
from service.inference.pooling import Pooling, pooling
from service.inference.row_residuals import RowResiduals, row_residuals
from service.inference.shares import Shares, customary_shares, shares

__all__ = [
    "CoefficientTable",
    "Contrast",
    "Influence",
    "Pooling",
    "RowResiduals",
    "Shares",
    "SpreadIntervals",
    "coefficient_table",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "fitted_values",
    "influences",
    "is_constant_within",
    "pooling",
    "population_values",
    "row_residuals",
    "shares",
    "spread_intervals",
]
