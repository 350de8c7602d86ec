"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, fitted values."""

from service.inference.coefficients import (
    CoefficientTable,
    Degrees,
    coefficient_table,
    degrees_of_freedom,
    satterthwaite,
)
from service.inference.columns import column_sds
from service.inference.context import Contrast, contexts
from service.inference.fitted_values import fitted_values
from service.inference.intervals import SpreadIntervals, spread_intervals
from service.inference.levels import is_constant_within
from service.inference.pooling import Pooling, pooling
from service.inference.shares import Shares, customary_shares, shares

__all__ = [
    "CoefficientTable",
    "Contrast",
    "Degrees",
    "Pooling",
    "Shares",
    "SpreadIntervals",
    "coefficient_table",
    "column_sds",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "fitted_values",
    "is_constant_within",
    "pooling",
    "satterthwaite",
    "shares",
    "spread_intervals",
]
