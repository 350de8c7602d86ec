"""The tasks of the workers: bytes of a request -> bytes of an answer, a module for each resource of the API.

The serving process knows these functions by name alone; the command line calls them in its own process.
"""

from service.tasks import (
    comparisons,
    designs,
    fits,
    formulas,
    influence,
    intervals,
    pooling,
    posterior,
    predictions,
    simulations,
    tables,
    variance_tests,
)

__all__ = [
    "comparisons",
    "designs",
    "fits",
    "formulas",
    "influence",
    "intervals",
    "pooling",
    "posterior",
    "predictions",
    "simulations",
    "tables",
    "variance_tests",
]
