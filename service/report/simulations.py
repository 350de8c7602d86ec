"""Simulations in the contract's words."""

from service.contract import SimulationRequest
from service.contract import simulations as wire
from service.inference import Simulations


def simulations_part(request: SimulationRequest, drawn: Simulations) -> wire.Simulations:
    """The responses that a request asked for."""
    # Nothing is checked: there may be millions of numbers, and they are our own.
    return wire.Simulations.model_construct(
        n=request.n,
        seed=request.seed,
        groups=request.groups,
        rows=None if drawn.rows is None else drawn.rows.tolist(),
        simulations=drawn.responses.tolist(),
    )
