"""How well the variances of a varying-intercept model are known: its posterior as a mixture over their ratio alone.

With theta the ratio of the groups' standard deviation to the residual's, a flat prior on beta and on the groups'
standard deviation and 1/sigma^2 on the residual variance, sigma can be averaged over in closed form,

    p(theta | y) ~ exp(log_factor(theta)) rho(theta)^-(n - p - 1)/2,

with the terms of engine/scalar/solutions.py, and given theta everything is t with n - p - 1 degrees of freedom (Gelman
2006, Bayesian Anal. 1, section 3). With another prior it cannot, and takes a lattice (lattice.py), whose nodes are more
than a document should hold. The density falls off exponentially on the scale of log theta, where the trapezoidal rule
is as good as any (axes.py).
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import CrossProducts, Fit
from service.engine.scalar.criterion import Criterion, criterion_of
from service.engine.scalar.limits import no_pooling
from service.engine.scalar.solutions import likelihoods, solutions
from service.errors import ServiceError
from service.inference.posterior.axes import support
from service.inference.posterior.priors import Prior
from service.inference.posterior.propriety import require_proper, require_varying_intercept

NODES = 64
"""Values of theta in the mixture."""

CUT = 16.0
"""Log density below the largest from which a density is left out: exp(-16) is 1e-7."""


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
    root: Matrices
    weights: Vector
    response: Vector
    means: Matrix


def variance_nodes(fit: Fit) -> VarianceNodes | None:
    """The mixture; None where the posterior with the uniform prior does not exist, or not in double precision."""
    try:
        require_varying_intercept(fit)
        products = fit.estimates.products
        require_proper(no_pooling(products), Prior(), fit.estimates.factors[0].factor.grouping.name)
        return _variance_nodes(products, fit.estimates.factors[0].weights)
    except (ServiceError, np.linalg.LinAlgError):
        return None


def _variance_nodes(products: CrossProducts, weights: Vector) -> VarianceNodes:
    """The mixture, by the cross-products and the groups' summed prior weights."""
    criterion, basis = criterion_of(products, restricted=True), products.basis
    places, df = _places(criterion), criterion.nu - 1
    height = _log_density(criterion, places)
    share = np.exp(height - height.max())
    at = solutions(criterion, np.exp(2.0 * places))
    jacobian, transform = basis.jacobian(), float(products.factors[0].basis.transform[0, 0])
    means = np.linalg.inv(jacobian).T @ products.solution[0][:-1]
    return VarianceNodes(
        theta=np.exp(places) * transform,
        share=share / share.sum(),
        sigma=np.sqrt(likelihoods(criterion, at.phis)[1] / df) * basis.y_unit,
        df=df,
        beta=np.array([basis.coefficients(beta, jacobian) for beta in at.beta]),
        root=at.whitening @ jacobian.T,
        weights=weights,
        response=products.solution[0][-1] * basis.y_unit + means.T @ basis.coefficients(np.zeros(len(means)), jacobian),
        means=means,
    )


def _log_density(criterion: Criterion, places: Vector) -> Vector:
    """The logarithm of the density of log theta at these places (K,), less a constant."""
    log_factor, rho = likelihoods(criterion, np.exp(2.0 * places))
    return np.asarray(log_factor - 0.5 * (criterion.nu - 1) * np.log(rho) + places)


def _places(criterion: Criterion) -> Vector:
    """The nodes of log theta (K,), between the least and the largest that count."""
    weights = criterion.between.weights
    # Beyond what pools the largest and the smallest group by half the density falls at least as exp(-|log theta|).
    low, high = (-0.5 * float(np.log(weight)) for weight in (weights.max(), weights.min()))
    return np.linspace(
        *support(lambda places: _log_density(criterion, places), low - 2.0 * CUT, high + 2.0 * CUT, CUT), NODES
    )
