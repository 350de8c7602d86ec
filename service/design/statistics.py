"""Functions that look at a whole column, `scale`, `poly`, `ns` and `bs`: from values to statistics, and to columns.

Each is two functions: one takes the statistics of the values seen by a fit, the other makes columns with them, of those
values or of new ones. R has `makepredictcall` for this.
"""

import numpy as np

from service.arrays import Matrix, Vector
from service.design.arguments import Arguments, number, numbers, truth, whole_number
from service.design.coding import Constants
from service.design.polynomial import Recurrence, orthogonal_polynomials, orthogonal_recurrence, raw_polynomials
from service.design.refusals import bad_argument, unfit_values
from service.design.splines import Knots, natural_splines, polynomial_splines, quantile_knots
from service.formula.expression import Call, Truth

STATISTICAL = ("scale", "poly", "ns", "bs")
"""The functions of this module."""


def take_statistics(call: Call, arguments: Arguments, x: Vector) -> Constants:
    """The constants that freeze a call, given the values (m,) of its variable that are not missing.

    Raises InvalidRequest where the values cannot bear the call, FormulaSyntax for an argument it cannot take.
    """
    match call.function:
        case "scale":
            return _scale_statistics(call, arguments, x)
        case "poly":
            return _polynomial_statistics(call, arguments, x)
        case _:
            return _spline_statistics(call, arguments, x)


def sizes_of(call: Call, arguments: Arguments) -> dict[str, int]:
    """How many constants of each name a call takes; raises FormulaSyntax for an argument it cannot take."""
    match call.function:
        case "scale":
            return {"center": 1, "scale": 1}
        case "poly" if truth(arguments, "raw"):
            return {}
        case "poly":
            degree = _degree(arguments, default=1)
            return {"alpha": degree, "norm2": degree + 1}
        case _:
            inner = len(numbers(arguments, "knots")) if "knots" in arguments else _inner_knots(call, arguments)
            return {"knots": inner, "Boundary.knots": 2}


def make_columns(call: Call, arguments: Arguments, x: Vector, constants: Constants) -> Matrix:
    """The columns a call stands for at the values x (n,), shape (n, k); NaN where x is."""
    match call.function:
        case "scale":
            (center,), (scale,) = constants["center"], constants["scale"]
            return ((x - center) / scale)[:, np.newaxis]
        case "poly" if truth(arguments, "raw"):
            return raw_polynomials(x, _degree(arguments, default=1))
        case "poly":
            return orthogonal_polynomials(x, Recurrence(constants["alpha"], constants["norm2"]))
        case "ns":
            return natural_splines(x, _knots(constants), truth(arguments, "intercept"))
        case _:
            degree = _degree(arguments, default=3)
            return polynomial_splines(x, _knots(constants), degree, truth(arguments, "intercept"))


def _scale_statistics(call: Call, arguments: Arguments, x: Vector) -> Constants:
    """Centre and scale as R takes them: the mean, and the root of the sum of squares about the centre over n - 1."""
    center = _number_or(arguments, "center", float(np.mean(x)), absent=0.0)
    scale = _number_or(arguments, "scale", _spread(x - center), absent=1.0)
    if scale == 0:
        raise unfit_values("scale() would divide by zero: the values are all equal.", call)
    return {"center": (center,), "scale": (scale,)}


def _spread(deviations: Vector) -> float:
    """The root of the sum of squares over n - 1."""
    largest = float(np.max(np.abs(deviations)))
    # Squares of numbers beyond 1e154 overflow, those of shares do not.
    shares = deviations / largest if largest else deviations
    return largest * float(np.sqrt(shares @ shares / max(len(deviations) - 1, 1)))


def _number_or(arguments: Arguments, name: str, computed: float, absent: float) -> float:
    """What `center` or `scale` says: TRUE or nothing the computed number, FALSE the absent one, a number itself."""
    match arguments.get(name):
        case None | Truth(value=True):
            return computed
        case Truth():
            return absent
        case _:
            return number(arguments, name)


def _polynomial_statistics(call: Call, arguments: Arguments, x: Vector) -> Constants:
    """The recurrence of orthogonal polynomials; raw ones need no statistics."""
    degree = _degree(arguments, default=1)
    if truth(arguments, "raw"):
        return {}
    if len(np.unique(x)) <= degree:
        raise unfit_values(f"poly() of degree {degree} needs more than {degree} distinct values.", call)
    with np.errstate(all="ignore"):
        recurrence = orthogonal_recurrence(x, degree)
    if not all(0 < norm2 < np.inf for norm2 in recurrence.norm2):
        raise unfit_values(f"The powers of these values up to {degree} are too large or too small; scale them.", call)
    return {"alpha": recurrence.alpha, "norm2": recurrence.norm2}


def _spline_statistics(call: Call, arguments: Arguments, x: Vector) -> Constants:
    """The knots of a spline: as given, or as many quantiles as `df` leaves room for."""
    boundary = _boundary(call, arguments, x)
    if "knots" in arguments:
        knots = Knots(numbers(arguments, "knots"), boundary)
        if not all(boundary[0] < knot < boundary[1] for knot in knots.inner):
            raise unfit_values("The knots must lie between the boundary knots.", call)
    else:
        knots = quantile_knots(x, _inner_knots(call, arguments), boundary)
    return {"knots": knots.inner, "Boundary.knots": knots.boundary}


def _boundary(call: Call, arguments: Arguments, x: Vector) -> tuple[float, float]:
    """The boundary knots: as given, or the range of the values."""
    if "Boundary.knots" not in arguments:
        low, high = float(np.min(x)), float(np.max(x))
        if low == high:
            raise unfit_values(f"{call.function}() needs values that differ.", call)
        return low, high
    given = numbers(arguments, "Boundary.knots")
    if len(given) != 2 or given[0] == given[1]:
        raise bad_argument("`Boundary.knots` takes two different numbers.", arguments["Boundary.knots"].position)
    return given[0], given[1]


def _inner_knots(call: Call, arguments: Arguments) -> int:
    """How many inner knots `df` columns leave room for; none without `df`."""
    if "df" not in arguments:
        return 0
    fewest = (1 if call.function == "ns" else _degree(arguments, default=3)) + truth(arguments, "intercept")
    return whole_number(arguments, "df", least=fewest) - fewest


def _degree(arguments: Arguments, default: int) -> int:
    return whole_number(arguments, "degree", least=1) if "degree" in arguments else default


def _knots(constants: Constants) -> Knots:
    low, high = constants["Boundary.knots"]
    return Knots(constants["knots"], (low, high))
