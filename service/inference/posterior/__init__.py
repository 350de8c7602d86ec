"""The exact posterior of a model with one varying intercept, by quadrature."""

from service.inference.posterior.posterior import Grid, Posterior, posterior
from service.inference.posterior.priors import Prior
from service.inference.posterior.summaries import Summary

__all__ = ["Grid", "Posterior", "Prior", "Summary", "posterior"]
