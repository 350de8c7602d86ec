"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context."""

from service.inference.coefficients import CoefficientTable, coefficient_table
from service.inference.context import Contrast, contexts
from service.inference.intervals import SpreadInterval, spread_intervals
from service.inference.pooling import Pooling, pooling
from service.inference.shares import Shares, shares
from service.inference.uncertainty import variance_covariance

__all__ = [
    "CoefficientTable",
    "Contrast",
    "Pooling",
    "Shares",
    "SpreadInterval",
    "coefficient_table",
    "contexts",
    "pooling",
    "shares",
    "spread_intervals",
    "variance_covariance",
]
