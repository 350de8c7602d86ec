"""How well the variances of a varying-intercept model are known: its posterior as a mixture over their ratio.

With theta the ratio of the groups' standard deviation to the residual's, a flat prior on beta and on the groups'
standard deviation and 1/sigma^2 on the residual variance,

    p(theta | y) ~ prod_j (1 + theta^2 W_j)^-1/2 |A_XX|^-1/2 rho^-(n - p - 1)/2,

and given theta everything is t with n - p - 1 degrees of freedom (Gelman 2006, Bayesian Anal. 1, section 3; the terms
are those of engine/scalar/criterion.py). The density falls off exponentially on the scale of log theta, where the
trapezoidal rule is as good as any (Trefethen & Weideman 2014, SIAM Rev. 56).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from service.arrays import Matrix, Vector
from service.engine import Fit
from service.engine.scalar.criterion import Criterion, criterion_of

NODES = 64
"""Values of theta in the mixture."""

NEGLIGIBLE = 16.0
"""How far the logarithm of the density falls until what lies beyond is left out."""

COARSE = 0.5
"""Step of log theta between the values that are looked at first."""


@dataclass(frozen=True, slots=True)
class VarianceNodes:
    """A mixture of K values of `theta` (K,), each with its `share` (K,), of t distributions with `df`.

    At each, `sigma` (K,) is the scale of the residuals, `beta` (K, p) the coefficients, and `root` (K, p, p) R with
    sigma |R x| the scale of x'beta. `weights` (J,) are the groups' summed prior weights, `response` (J,) their means of
    the response less the offset, `means` (p, J) those of the columns.
    """

    theta: Vector
    share: Vector
    sigma: Vector
    df: int
    beta: Matrix
    root: Matrix
    weights: Vector
    response: Vector
    means: Matrix


def variance_nodes(fit: Fit) -> VarianceNodes | None:
    """The mixture; None where theta is held or has no value, where more varies, and where the posterior is improper.

    It is proper with two groups more than there are columns that do not vary within groups.
    """
    estimates = fit.estimates
    products = estimates.products
    if not estimates.is_varying_intercept or fit.held or estimates.evaluation is None:
        return None
    df = estimates.n - estimates.beta.size - 1
    if df < 1 or estimates.factors[0].factor.n_groups - int(products.determined().sum()) < 2:
        return None
    criterion = criterion_of(products, restricted=True)
    places = np.linspace(*_range(criterion), NODES)
    at = [criterion.at(math.exp(2.0 * place)) for place in places.tolist()]
    height = np.array([_height(each.value, each.rho, place) for each, place in zip(at, places, strict=True)])
    share = np.exp(height - height.max())
    basis, unit = products.basis, products.basis.y_unit
    jacobian, transform = basis.jacobian(), float(products.factors[0].basis.transform[0, 0])
    means = np.linalg.inv(jacobian).T @ products.solution[0][:-1]
    return VarianceNodes(
        theta=np.exp(places) * transform,
        share=share / share.sum(),
        sigma=np.sqrt([each.rho / df for each in at]) * unit,
        df=df,
        beta=np.array([basis.coefficients(each.beta, jacobian) for each in at]),
        root=np.array([np.linalg.cholesky(each.inverse).T @ jacobian.T for each in at]),
        weights=estimates.factors[0].weights,
        response=products.solution[0][-1] * unit + means.T @ basis.coefficients(np.zeros(len(means)), jacobian),
        means=means,
    )


def _height(deviance: float, rho: float, place: float) -> float:
    """The logarithm of the density of log theta, less a constant."""
    return -0.5 * (deviance - math.log(rho)) + place


def _range(criterion: Criterion) -> tuple[float, float]:
    """The least and the largest log theta that count."""

    def height(place: float) -> float:
        at = criterion.at(math.exp(2.0 * place))
        return _height(at.value, at.rho, place)

    weights = criterion.between.weights
    middle = -0.5 * math.log(float(weights.max())), -0.5 * math.log(float(weights.min()))
    reach = 2.0 * NEGLIGIBLE
    places = np.arange(middle[0] - reach, middle[1] + reach, COARSE)
    heights = np.array([height(place) for place in places.tolist()])
    top = int(np.argmax(heights))
    found = minimize_scalar(
        lambda place: -height(place), bounds=(places[top] - COARSE, places[top] + COARSE), method="bounded"
    )
    floor = max(-float(found.fun), float(heights[top])) - NEGLIGIBLE
    counts = places[heights > floor]
    low, high = (float(found.x), float(found.x)) if counts.size == 0 else (float(counts[0]), float(counts[-1]))
    return _edge(height, low, low - COARSE, floor), _edge(height, high, high + COARSE, floor)


def _edge(height: Callable[[float], float], inside: float, outside: float, floor: float) -> float:
    """Where the height falls to the floor between a place that counts and one beyond."""
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if height(middle) > floor else (inside, middle)
    return inside
