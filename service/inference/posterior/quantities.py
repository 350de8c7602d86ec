"""What is asked of a posterior besides the standard deviations: quantities that are normal given theta and sigma.

Given both, beta has mean beta_hat and variance sigma^2 A_XX^-1. Group j's deviation given beta too has mean
w_j (ybar_j - xbar_j' beta) and variance sigma^2 theta^2 / (1 + theta^2 W_j), w_j = 1 - 1 / (1 + theta^2 W_j) (Gelman et
al. 2013, Bayesian Data Analysis, section 15.4).
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Flags, Matrix, Vector
from service.engine import CrossProducts
from service.engine.basis import Basis
from service.engine.estimates import NEGLIGIBLE
from service.engine.scalar.solutions import Solutions


@dataclass(frozen=True, slots=True)
class Quantities:
    """F quantities, constant + unit * q for a q that is normal at each of K values of theta.

    `means` (F, K) and `scales` (F, K), times sigma, are those of q; `constant` and `unit` are (F,). `grows` (F,) marks
    what is known ever less as theta grows.
    """

    means: Matrix
    scales: Matrix
    constant: Vector
    unit: Vector
    grows: Flags


@dataclass(frozen=True, slots=True)
class Source:
    """What quantities are made of: the cross-products, their solutions at K values of theta, and theta^2 (K,).

    `level` (p,) marks the columns of the basis that do not vary within groups.
    """

    products: CrossProducts
    at: Solutions
    level: Flags

    @property
    def basis(self) -> Basis:
        """The coordinates of the cross-products."""
        return self.products.basis

    def intercept(self) -> Vector:
        """The design's intercept as a combination of the basis' coefficients (p,); zero without one."""
        return self.basis.jacobian()[0] if self.basis.intercept else np.zeros(self.level.size)

    def intercept_constant(self) -> float:
        """The design's intercept where the basis' coefficients are zero."""
        if not self.basis.intercept:
            return 0.0
        return float(self.basis.origin()[0] * self.basis.y_unit + self.basis.shift[-1])


def coefficients(source: Source) -> Quantities:
    """The design's coefficients (p,)."""
    basis = source.basis
    jacobian = basis.jacobian()
    size = _sizes(jacobian)
    constant = basis.origin() * basis.y_unit
    constant[: int(basis.intercept)] += basis.shift[-1]
    means, scales = _combined(source, jacobian / size)
    return Quantities(means, scales, constant, size[:, 0] * basis.y_unit, _grows(source, jacobian, np.abs(jacobian)))


def deviations(source: Source) -> Quantities:
    """Each group's deviation (J,)."""
    return _of_groups(source, np.zeros(source.level.size), 0.0)


def intercepts(source: Source) -> Quantities:
    """Each group's intercept (J,): the deviation, and the design's intercept if there is one."""
    return _of_groups(source, source.intercept(), source.intercept_constant())


def new_intercept(source: Source) -> Quantities:
    """The intercept (1,) of a group that is not among these."""
    return _new(source, source.intercept(), source.intercept_constant(), noise=0.0)


def new_observation(source: Source, row: Vector) -> Quantities:
    """An observation (1,) of weight 1 in such a group, where the columns of X without the intercept are `row` (k,)."""
    basis, k = source.basis, row.size
    scaled = (row - basis.shift[:k]) * basis.scale[:k]
    turned, drift = scaled @ basis.rotation[:k, :k], float(scaled @ basis.rotation[:k, k])
    columns = np.concatenate([np.ones(int(basis.intercept)), turned])
    constant = basis.shift[-1] - drift * basis.y_unit
    return _new(source, columns, constant, noise=1.0)


def mean_row(products: CrossProducts) -> Vector:
    """The means (k,) of the columns of X, without the intercept, over the rows."""
    basis, k = products.basis, products.basis.columns.size
    scaled = np.linalg.solve(basis.rotation[:k, :k].T, products.total_mean[:k])
    return np.asarray(basis.shift[:k] + scaled / basis.scale[:k])


def _of_groups(source: Source, combination: Vector, constant: float) -> Quantities:
    """A combination (p,) of the basis' coefficients and each group's deviation."""
    at, own, unit = source.at, source.products.factors[0].gram[0, 0], source.basis.y_unit
    means, response = source.products.solution[0, :-1].T, source.products.solution[0, -1]
    centres, squares = np.empty((own.size, at.phis.size)), np.empty((own.size, at.phis.size))
    for k, phi in enumerate(at.phis.tolist()):
        left = 1.0 / (1.0 + phi * own)
        # The combination less the weight times the group's means; what both share cancels first.
        change = (combination - means) + left[:, None] * means
        centres[:, k] = (1.0 - left) * response + change @ at.beta[k]
        squares[:, k] = phi * left + np.square(change @ at.whitening[k].T).sum(axis=1)
    grows = _grows(source, combination - means, np.maximum(np.abs(combination), np.abs(means)))
    return Quantities(centres, np.sqrt(squares), np.full(own.size, constant), np.full(own.size, unit), grows)


def _new(source: Source, combination: Vector, constant: float, *, noise: float) -> Quantities:
    """A combination (p,) of the basis' coefficients, a new group's deviation, and as much noise."""
    size = _sizes(combination[None])
    means, scales = _combined(source, combination[None] / size)
    scales = np.sqrt(scales**2 + (source.at.phis + noise) / size / size)
    return Quantities(means, scales, np.array([constant]), size[0] * source.basis.y_unit, np.array([True]))


def _sizes(combinations: Matrix) -> Matrix:
    """Powers of two (F, 1) like the largest elements of combinations (F, p), whose squares might overflow."""
    exponents = np.frexp(np.abs(combinations).max(axis=1, initial=0.0, keepdims=True))[1]
    # The largest power of two is 2^1023.
    return np.asarray(np.ldexp(1.0, np.minimum(exponents, 1023)))


def _combined(source: Source, combinations: Matrix) -> tuple[Matrix, Matrix]:
    """The means and scales (F, K) of combinations (F, p) of the basis' coefficients."""
    turned = np.einsum("kij,fj->fki", source.at.whitening, combinations)
    return combinations @ source.at.beta.T, np.sqrt(np.square(turned).sum(axis=2))


def _grows(source: Source, combinations: Matrix, sizes: Matrix) -> Flags:
    """Which combinations involve a coefficient of a column that does not vary within groups.

    Of sums and differences of numbers of these sizes, (F, p) like the combinations, the rest is rounding.
    """
    negligible = NEGLIGIBLE * sizes.max(axis=1, initial=0.0)
    return np.asarray((np.abs(combinations[:, source.level]) > negligible[:, None]).any(axis=1))
