"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, predictions."""

from service.inference.coefficients import CoefficientTable, coefficient_table, degrees_of_freedom
from service.inference.context import Contrast, contexts
from service.inference.fitted_model import Errors, FittedFactor, FittedModel
from service.inference.fitted_values import fitted_values
from service.inference.intervals import SpreadIntervals, spread_intervals
from service.inference.levels import is_constant_within
from service.inference.new_rows import MISSING, NEW, Knowledge, NewGroups, NewRows, code_rows
from service.inference.pooling import Pooling, pooling
from service.inference.predictions import Interval, Predictions, predict
from service.inference.shares import Shares, customary_shares, shares
from service.inference.variance_nodes import VarianceNodes, variance_nodes

__all__ = [
    "MISSING",
    "NEW",
    "CoefficientTable",
    "Contrast",
    "Errors",
    "FittedFactor",
    "FittedModel",
    "Interval",
    "Knowledge",
    "NewGroups",
    "NewRows",
    "Pooling",
    "Predictions",
    "Shares",
    "SpreadIntervals",
    "VarianceNodes",
    "code_rows",
    "coefficient_table",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "fitted_values",
    "is_constant_within",
    "pooling",
    "predict",
    "shares",
    "spread_intervals",
    "variance_nodes",
]
