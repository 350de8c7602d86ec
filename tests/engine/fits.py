"""The fits of all structures, each made once."""

from functools import cache

from service.engine import Fit, fit
from tests.engine.structures import STRUCTURES


@cache
def fitted(name: str, *, restricted: bool = True) -> Fit:
    """The fit of a structure by REML or ML."""
    return fit(STRUCTURES[name], restricted=restricted)
