"""What a fit estimates, in the units of the data."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrices, Matrix, Vector, Vectors
from service.engine import groupwise
from service.engine.conditioning import Fold
from service.engine.crossproducts import CrossProducts, FactorProducts
from service.engine.random_factors import RandomFactor
from service.engine.roots import canonical_root, lengths
from service.engine.scalar.criterion import Evaluation

NEGLIGIBLE = 1e-9
"""Share of a coefficient that a direction of the basis makes up below which it is rounding."""


@dataclass(frozen=True, slots=True)
class FactorEstimates:
    """What is estimated of a random factor with J groups and q coefficients.

    `counts` (J,) rows and `weights` (J,) their summed prior weights. `root` (q, q) is Lambda, the lower triangular
    factor of the effects' covariance over sigma^2; `spread` (q, q) a root of the covariance itself, `sd` (q,) the
    lengths of its rows. `effects` (q, J) are each group's deviations; `effect_errors` gives their standard errors given
    beta and theta, (q, J). `weight` (J,) is the share of its own mean in a group's estimate, where a varying intercept
    is all there is. `mean_sd` is the root of the mean over the rows of z' Cov z.
    """

    factor: RandomFactor
    counts: Codes
    weights: Vector
    root: Matrix
    spread: Matrix
    sd: Vector
    effects: Vectors
    effect_errors: Callable[[], Vectors]
    weight: Vector | None
    mean_sd: float

    @property
    def correlation(self) -> Matrix:
        """The correlations of the coefficients (q, q); nan where a standard deviation is zero."""
        with np.errstate(invalid="ignore", divide="ignore"):
            directions = self.spread / self.sd[:, None]
            correlation: Matrix = directions @ directions.T
        correlation[np.diag_indices_from(correlation)] = np.where(self.sd > 0, 1.0, np.nan)
        return correlation

    @property
    def effect_sd(self) -> Vectors:
        """The standard errors of the effects given beta and theta, (q, J)."""
        return self.effect_errors()


@dataclass(frozen=True, slots=True)
class Estimates:
    """A fitted model with p coefficients, k variance parameters and its random factors, by decreasing number of groups.

    `kept` and `aliased` are positions among the design's columns; `group_level` (p,) is 1 where a kept column is
    constant within groups. `beta` and `std_error` (p,), `covariance` (p, p); an error is inf where no pooling leaves
    it without bound. `error_root` (p, p) is R with R'R the bounded part of the covariance: |R x| is the standard error
    of x'beta, and loses less to a column far from zero than x' Cov x does. `theta` (k,) is in lme4's order; inf without
    pooling or noise. `fixed_sd` is the standard deviation of X beta over the rows. `residual_df` are the degrees of
    freedom sigma is estimated with.

    `evaluation` is the criterion at theta, in units of `products`' basis, of a model with one varying coefficient; None
    of others and at the limits, where it has no value.
    """

    products: CrossProducts
    kept: Codes
    aliased: Codes
    group_level: Codes
    beta: Vector
    std_error: Vector
    covariance: Matrix
    error_root: Matrix
    sigma: float
    theta: Vector
    factors: tuple[FactorEstimates, ...]
    fixed_sd: float
    residual_df: int
    evaluation: Evaluation | None

    @property
    def n(self) -> int:
        """Rows fitted."""
        return self.products.n

    @property
    def is_varying_intercept(self) -> bool:
        """Whether the one random effect is a varying intercept."""
        return len(self.factors) == 1 and self.factors[0].factor.is_varying_intercept

    @property
    def variances_are_zero(self) -> bool:
        """Whether no random effect varies."""
        return all(not factor.sd.any() for factor in self.factors)


@dataclass(frozen=True, slots=True)
class RandomSolution:
    """A factor's random effects in the coordinates of its basis: Lambda (q, q), the effects (q, J), and H (q, q, J)."""

    root: Matrix
    effects: Vectors
    covariance: Callable[[], Matrices]


def factor_estimates(
    factor: RandomFactor, products: FactorProducts, solution: RandomSolution, *, sigma: float, unit: float, n: int
) -> FactorEstimates:
    """A factor's estimates in the units of the data; `sigma` is in units of the basis, of which one is `unit`."""
    transform, scale = products.basis.transform, sigma * unit
    scores = transform @ solution.root
    spread = scores * scale
    mean_square = float((solution.root.T @ products.mean_squares @ solution.root).trace()) / n
    total = solution.root[0, 0] ** 2 * products.gram[0, 0] if factor.is_varying_intercept else None

    def effect_errors() -> Vectors:
        # In units of a row's largest element, as its square might overflow.
        size = np.abs(transform).max(axis=1)
        variance = np.diagonal(groupwise.sandwich(transform.T / size, solution.covariance())).T
        errors: Vectors = np.sqrt(np.maximum(variance, 0.0)) * (size * scale)[:, None]
        return errors

    return FactorEstimates(
        factor=factor,
        counts=products.counts,
        weights=products.weights,
        root=canonical_root(scores, factor),
        spread=spread,
        sd=lengths(scores) * scale,
        effects=transform @ solution.effects * unit,
        effect_errors=effect_errors,
        weight=None if total is None else total / (1.0 + total),
        mean_sd=math.sqrt(max(mean_square, 0.0)) * scale,
    )


def assemble(
    fold: Fold,
    *,
    beta: Vector,
    covariance: Matrix,
    error_root: Matrix,
    sigma: float,
    theta: Vector,
    factors: tuple[FactorEstimates, ...],
    residual_df: int,
    evaluation: Evaluation | None = None,
) -> Estimates:
    """Estimates in units of the basis, but for `theta` and `factors`, brought back to those of the data.

    `error_root` (p, p) is R with R'R the bounded part of the covariance.
    """
    products = fold.products
    basis = products.basis
    jacobian = basis.jacobian()
    std_error, data_covariance = in_data_units(jacobian, covariance, basis.y_unit)
    return Estimates(
        products=products,
        kept=fold.kept,
        aliased=fold.aliased,
        group_level=fold.group_level,
        beta=basis.coefficients(beta, jacobian),
        std_error=std_error,
        covariance=data_covariance,
        error_root=error_root @ jacobian.T * basis.y_unit,
        sigma=sigma * basis.y_unit,
        theta=theta,
        factors=factors,
        fixed_sd=_fixed_sd(products, beta) * basis.y_unit,
        residual_df=residual_df,
        evaluation=evaluation,
    )


def in_data_units(jacobian: Matrix, covariance: Matrix, unit: float) -> tuple[Vector, Matrix]:
    """Standard errors (p,) and covariance (p, p) of the design's coefficients, infinite ones kept apart from finite."""
    largest = np.abs(jacobian).max(axis=1, initial=0.0)
    size = np.ldexp(1.0, np.frexp(largest)[1])
    rows = jacobian / size[:, None]
    finite = np.isfinite(covariance.diagonal())
    if finite.all():
        restored = rows @ covariance @ rows.T
    else:
        restored = rows @ np.where(np.isfinite(covariance), covariance, 0.0) @ rows.T
        touched = np.abs(jacobian[:, ~finite]).max(axis=1, initial=0.0) > NEGLIGIBLE * largest
        restored[touched] = restored[:, touched] = np.inf
    std_error = np.sqrt(np.maximum(restored.diagonal(), 0.0)) * size * unit
    with np.errstate(over="ignore"):
        # A variance may overflow where its root does not: it becomes inf, and null in the document.
        size *= unit
        restored *= size[:, None]
        restored *= size
    return std_error, restored


def _fixed_sd(products: CrossProducts, beta: Vector) -> float:
    """The standard deviation of X beta over the rows, in units of the basis."""
    R, first = products.basis.rotation, int(products.basis.intercept)
    slopes = beta[first:]
    if products.basis.is_rotated:
        slopes = slopes - np.linalg.solve(R[:-1, :-1], R[:-1, -1])
    squares = float(slopes @ products.scatter[:-1, :-1] @ slopes)
    return math.sqrt(max(squares, 0.0) / max(products.n - 1, 1))
