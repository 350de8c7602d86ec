"""The exact posterior of a model with one varying intercept, by quadrature."""

from service.inference.posterior.posterior import Grid, Posterior, posterior
from service.inference.posterior.priors import Prior
from service.inference.posterior.summaries import Summary
from service.inference.posterior.variance_nodes import VarianceNodes, variance_nodes

__all__ = ["Grid", "Posterior", "Prior", "Summary", "VarianceNodes", "posterior", "variance_nodes"]
