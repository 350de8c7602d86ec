"""What a fit estimates, in the units of the data."""

from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.engine.conditioning import Fold
from service.engine.criterion import Evaluation
from service.engine.crossproducts import CrossProducts
from service.engine.limits import NoPooling

NEGLIGIBLE = 1e-9
"""Share of a coefficient that a direction of the basis makes up below which it is rounding."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """A fitted varying-intercept model with p coefficients and J groups.

    `kept` and `aliased` are positions among the design's columns; `group_level` (p,) is 1 where a kept column is
    constant within groups. `beta` and `std_error` (p,), `covariance` (p, p); an error is inf where no pooling leaves
    it without bound. `sigma` and `group_sd` are standard deviations, `theta` their ratio (inf: no pooling, or no
    noise). `effects`, `effect_sd` and `weight` (J,): each group's deviation, its standard error given beta, and the
    share w_j of its own mean; `counts` and `weights` (J,) its rows and their summed weights. `fixed_sd` is the
    standard deviation of X beta over the rows. `residual_df` are the degrees of freedom sigma is estimated with.

    `evaluation` is the criterion at theta in the units of `products`' basis; None at the limits, where it has no value.
    """

    products: CrossProducts
    kept: Codes
    aliased: Codes
    group_level: Codes
    beta: Vector
    std_error: Vector
    covariance: Matrix
    sigma: float
    group_sd: float
    theta: float
    effects: Vector
    effect_sd: Vector
    weight: Vector
    fixed_sd: float
    residual_df: int
    evaluation: Evaluation | None

    @property
    def counts(self) -> Codes:
        """Rows in each group (J,)."""
        return self.products.counts

    @property
    def weights(self) -> Vector:
        """Summed prior weights of each group (J,); its rows where there are none."""
        return self.products.weights

    @property
    def n(self) -> int:
        """Rows fitted."""
        return self.products.n


def estimates_at(fold: Fold, at: Evaluation, nu: int) -> Estimates:
    """The estimates at a finite theta; `nu` are the degrees of freedom sigma is profiled with."""
    sigma = float(np.sqrt(at.rho / nu))
    theta = float(np.sqrt(at.phi))
    total = at.phi * fold.products.weights
    return _assemble(
        fold,
        beta=at.beta,
        covariance=sigma**2 * at.inverse,
        sigma=sigma,
        group_sd=sigma * theta,
        theta=theta,
        weight=total / (1.0 + total),
        effect_sd=sigma * theta / np.sqrt(1.0 + total),
        residual_df=nu,
        evaluation=at,
    )


def estimates_without_pooling(fold: Fold, limit: NoPooling) -> Estimates:
    """The estimates at theta = infinity: classical regression with an indicator for each group."""
    no_noise = has_no_noise(fold.products, limit)
    sigma = 0.0 if no_noise else float(np.sqrt(limit.residual_squares / limit.residual_df))
    covariance = sigma**2 * limit.within_inverse
    covariance[np.diag(limit.between_inverse) > 0] = np.inf
    covariance[:, np.diag(limit.between_inverse) > 0] = np.inf
    return _assemble(
        fold,
        beta=limit.beta,
        covariance=covariance,
        sigma=sigma,
        group_sd=np.inf,
        theta=np.inf,
        weight=np.ones(fold.products.weights.size),
        effect_sd=sigma / np.sqrt(fold.products.weights),
        residual_df=limit.residual_df,
        evaluation=None,
    )


def estimates_without_noise(fold: Fold, limit: NoPooling, *, restricted: bool) -> Estimates:
    """The estimates where nothing varies within groups: sigma = 0 and the groups' means are known exactly."""
    df = limit.between_df if restricted else fold.products.weights.size
    group_sd = float(np.sqrt(limit.between_squares / df)) if df > 0 else 0.0
    nothing = group_sd <= _rounding(fold.products)
    return _assemble(
        fold,
        beta=limit.beta,
        covariance=(0.0 if nothing else group_sd) ** 2 * limit.between_inverse,
        sigma=0.0,
        group_sd=0.0 if nothing else group_sd,
        theta=0.0 if nothing else np.inf,
        weight=np.full(fold.products.weights.size, 0.0 if nothing else 1.0),
        effect_sd=np.zeros(fold.products.weights.size),
        residual_df=df,
        evaluation=None,
    )


def _rounding(products: CrossProducts) -> float:
    """A standard deviation, in units of the basis, that is nothing but rounding of the response."""
    return 16.0 * products.basis.y_resolution


def has_no_noise(products: CrossProducts, limit: NoPooling) -> bool:
    """Whether all that is left is rounding of the response, though there are rows to show more.

    Within groups; or, where the coefficients leave no degree of freedom there, between them as well.
    """
    if limit.residual_squares > _rounding_squares(products):
        return False
    return limit.residual_df > 0 or limit.between_squares <= len(products.means) * _rounding(products) ** 2


def may_have_no_noise(products: CrossProducts) -> bool:
    """Whether y, once sharpened, varies so little within groups that the limit is worth its cost."""
    return bool(products.within[-1, -1] <= 4.0 * _rounding_squares(products))


def _rounding_squares(products: CrossProducts) -> float:
    """The weighted squares that rounding of the response alone may leave."""
    return float(products.weights.sum()) * _rounding(products) ** 2


def _assemble(
    fold: Fold,
    *,
    beta: Vector,
    covariance: Matrix,
    sigma: float,
    group_sd: float,
    theta: float,
    weight: Vector,
    effect_sd: Vector,
    residual_df: int,
    evaluation: Evaluation | None,
) -> Estimates:
    """Estimates in units of the basis brought back to those of the data."""
    products = fold.products
    basis, means = products.basis, products.augmented_means()
    unit = basis.y_unit
    std_error, data_covariance = _restore(basis.jacobian(), covariance, unit)
    return Estimates(
        products=products,
        kept=fold.kept,
        aliased=fold.aliased,
        group_level=fold.group_level,
        beta=basis.coefficients(beta),
        std_error=std_error,
        covariance=data_covariance,
        sigma=sigma * unit,
        group_sd=group_sd * unit,
        theta=theta,
        effects=weight * (means[:, -1] - means[:, :-1] @ beta) * unit,
        effect_sd=effect_sd * unit,
        weight=weight,
        fixed_sd=_fixed_sd(products, beta) * unit,
        residual_df=residual_df,
        evaluation=evaluation,
    )


def _restore(jacobian: Matrix, covariance: Matrix, unit: float) -> tuple[Vector, Matrix]:
    """Standard errors (p,) and covariance (p, p) of the design's coefficients, infinite ones kept apart from finite."""
    largest = np.abs(jacobian).max(axis=1, initial=0.0)
    size = np.ldexp(1.0, np.frexp(largest)[1])
    endless = ~np.isfinite(np.diag(covariance))
    finite = np.where(np.isfinite(covariance), covariance, 0.0)
    rows = jacobian / size[:, None]
    restored = rows @ finite @ rows.T
    touched = np.abs(jacobian[:, endless]).max(axis=1, initial=0.0) > NEGLIGIBLE * largest
    restored[touched] = np.inf
    restored[:, touched] = np.inf
    std_error = np.sqrt(np.maximum(np.diag(restored), 0.0)) * size * unit
    with np.errstate(over="ignore"):
        # A variance may overflow where its root does not: it becomes inf, and null in the document.
        restored = restored * (size[:, None] * unit) * (size * unit)
    return std_error, restored


def _fixed_sd(products: CrossProducts, beta: Vector) -> float:
    """The standard deviation of X beta over the rows, in units of the basis."""
    R, first = products.basis.rotation, int(products.basis.intercept)
    slopes = beta[first:] - np.linalg.solve(R[:-1, :-1], R[:-1, -1])
    squares = float(slopes @ products.scatter[:-1, :-1] @ slopes)
    return float(np.sqrt(max(squares, 0.0) / max(products.n - 1, 1)))
