"""What follows from estimates: degrees of freedom, intervals, shares of variance, pooling, context, predictions."""

from service.inference.alternatives import Alternatives, alternatives, distance
from service.inference.bootstrap import Bootstrap, bootstrap, bootstrap_intervals
from service.inference.classical import Regression
from service.inference.coefficients import (
    CoefficientTable,
    Degrees,
    coefficient_table,
    degrees_of_freedom,
    satterthwaite,
)
from service.inference.columns import column_sds
from service.inference.comparisons import Comparison, Criteria, LikelihoodRatio, compare
from service.inference.context import Contrast, contexts
from service.inference.fitted_model import Errors, FittedFactor, FittedModel
from service.inference.fitted_values import fitted_values, population_values
from service.inference.influence import Influence, influences
from service.inference.intervals import spread_intervals
from service.inference.kenward_roger import KenwardRoger, kenward_roger
from service.inference.levels import is_constant_within
from service.inference.new_rows import MISSING, NEW, Knowledge, NewGroups, NewRows, code_rows
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.pooling import Pooling, pooling
from service.inference.posterior import VarianceNodes, variance_nodes
from service.inference.predictions import Interval, Predictions, predict
from service.inference.profile_intervals import profile_intervals
from service.inference.row_residuals import RowResiduals, row_residuals
from service.inference.separate import SeparateRegressions
from service.inference.shares import Shares, customary_shares, shares
from service.inference.simulations import Simulations, simulate
from service.inference.variance_tests import VarianceTest, variance_tests
from service.inference.wald_intervals import wald_intervals

__all__ = [
    "MISSING",
    "NEW",
    "Alternatives",
    "Bootstrap",
    "CoefficientTable",
    "Comparison",
    "Contrast",
    "Criteria",
    "Degrees",
    "Errors",
    "FittedFactor",
    "FittedModel",
    "Influence",
    "Interval",
    "KenwardRoger",
    "Knowledge",
    "LikelihoodRatio",
    "NewGroups",
    "NewRows",
    "ParameterIntervals",
    "Pooling",
    "Predictions",
    "Regression",
    "RowResiduals",
    "SeparateRegressions",
    "Shares",
    "Simulations",
    "VarianceNodes",
    "VarianceTest",
    "alternatives",
    "bootstrap",
    "bootstrap_intervals",
    "code_rows",
    "coefficient_table",
    "column_sds",
    "compare",
    "contexts",
    "customary_shares",
    "degrees_of_freedom",
    "distance",
    "fitted_values",
    "influences",
    "is_constant_within",
    "kenward_roger",
    "pooling",
    "population_values",
    "predict",
    "profile_intervals",
    "row_residuals",
    "satterthwaite",
    "shares",
    "simulate",
    "spread_intervals",
    "variance_nodes",
    "variance_tests",
    "wald_intervals",
]
