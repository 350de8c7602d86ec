"""Whether a coding that somebody sent can be that of a formula: what it must have, in the sizes it must have."""

from collections.abc import Mapping

import numpy as np

from service.design.arguments import truth
from service.design.coding import Coding, Constants
from service.design.contrasts import SCHEMES
from service.design.evaluation import statistical_calls
from service.design.statistics import sizes_of
from service.errors import Fault, InvalidRequest
from service.formula.expression import Call
from service.formula.formula import Formula
from service.formula.functions import match_arguments
from service.formula.label import label
from service.quoting import pointer_to, quote


def check_coding(formula: Formula, coding: Coding, pointer: str) -> None:
    """Raise InvalidRequest, with a place under `pointer`, for what new data could not be coded by."""
    for name, factor in coding.factors.items():
        place = pointer_to(f"{pointer}/factors", name)
        _require(name in formula.variables, place, f"The formula has no variable {quote(name)}")
        _require(factor.contrasts in SCHEMES, place, "There are no such contrasts")
        distinct = len(set(factor.levels)) == len(factor.levels)
        _require(distinct and len(factor.levels) > 0, place, f"The levels of {quote(name)} are none, or not distinct")
    for expression in formula.variables.values():
        for call in statistical_calls(expression):
            text = label(call)
            place = pointer_to(f"{pointer}/constants", text)
            _require(text in coding.constants, place, f"The constants of {quote(text)} are missing")
            _check_constants(call, coding.constants[text], place)


def _check_constants(call: Call, constants: Constants, place: str) -> None:
    """Raise InvalidRequest for constants that the call could not be computed with."""
    arguments = match_arguments(call)
    sizes = sizes_of(call, arguments)
    found: Mapping[str, int] = {name: len(values) for name, values in constants.items()}
    _require(found == sizes, place, f"The constants must be {_listed(sizes)}")
    values = np.array([value for each in constants.values() for value in each])
    _require(bool(np.isfinite(values).all()), place, "A constant is not finite")
    match call.function:
        case "scale":
            _require(constants["scale"][0] != 0.0, place, "The scale is 0")
        case "poly" if not truth(arguments, "raw"):
            _require(min(constants["norm2"]) > 0.0, place, "A squared norm is not positive")
        case "ns" | "bs":
            (low, high), knots = constants["Boundary.knots"], constants["knots"]
            within = low < high and all(low <= knot <= high for knot in knots)
            _require(within, place, "The knots do not lie between the boundary knots")


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {name}" for name, count in sizes.items()) or "none"


def _require(fits: bool, pointer: str, message: str) -> None:
    """Raise InvalidRequest unless a part of the coding fits."""
    if not fits:
        raise InvalidRequest(f"{message}.", Fault(f"{message}.", pointer=pointer))
